// Package client calls SNAP QR providers: DANA, Qoin, Midtrans, Paydia,
// SpeedCash, any that follows the published standard, and qrisd, which speaks
// as all of them.
//
// A [Client] gets and keeps the B2B access token, signs each request by the
// provider's scheme, and reads the answer's responseCode: everything but a
// success is an [Error].
//
// [New] takes who calls whom: the provider, one of [Providers] or one written
// down likewise, and the partner's credentials. The typed calls are
// [Client.Generate], [Client.Pay] and [Client.List]; everything else that a
// provider offers, such as a query or a refund, goes through [Client.Call] with
// a body of the caller's, after its path and scheme were added to the provider.
// The examples run against a real server: `qrisd serve --sandbox` is one, whose
// sandbox.json holds all that a Config needs.
//
// # Retries
//
// The client never repeats a request by itself. A request that was sent and
// not answered, or answered with a failure of the provider, may have been
// carried out: such an error is an [ErrUncertain]. Ask again with the same
// partnerReferenceNo and an equal body. The providers then answer with what
// the first request made, or refuse the second as a duplicate; a new reference
// could charge the payer twice. Midtrans also goes by X-EXTERNAL-ID, which
// [Client.Generate] therefore makes equal to the reference; with
// [Client.Call], give the same [WithExternalID].
//
// # Notifications
//
// A provider tells a merchant's server of a payment by a request of its own,
// which package snap verifies ([snap.VerifyAsymmetric], or where the provider
// fetches a token from the merchant first [snap.VerifySymmetric]); see the
// example.
//
// # Secrets
//
// No error holds the client secret, the private key or a token: where a
// provider's explanation repeats one, it is blotted out.
package client
