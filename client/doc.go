// Package client calls SNAP QR providers: DANA, Qoin, Midtrans, Paydia,
// SpeedCash, any that follows the published standard, and qrisd, which speaks
// as all of them.
//
// A [Client] gets and keeps the B2B access token, signs each request by the
// provider's scheme, and reads the answer's responseCode: everything but a
// success is an [Error].
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
// # Secrets
//
// No error holds the client secret, the private key or a token: where a
// provider's explanation repeats one, it is blotted out.
package client
