// Package snap is the vocabulary of SNAP, Indonesia's national open API
// standard for payments (Bank Indonesia decree 23/10/KEP.GBI/2021 and ASPI's
// technical guides): its headers, services, response codes, amounts and times,
// and the four strings its signatures are made of.
//
// A client signs with [Sign]; a server checks with [VerifyToken],
// [VerifySymmetric] and [VerifyAsymmetric]. Nothing here knows a provider, and
// nothing reads a clock, a file or the network.
package snap
