package paydia

import (
	"slices"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/snap"
)

// merchantField is the pages' own spelling.
const merchantField = "merchantid"

var merchantName = map[string]string{"merchantId": merchantField}

// generate makes dynamic codes only: its amount is mandatory.
func generate() dialect.Operation {
	do, replay := aspi.Generating(nil, aspi.Generated)
	return dialect.Operation{
		Name: "generate", Service: snap.ServiceGenerate, Paths: []string{"/snap/v1.0/qr/qr-mpm-generate"},
		Auth: dialect.AuthSymmetric, Headers: headers,
		Body:       generateBody,
		Reply:      aspi.GenerateReplyRows,
		Success:    success,
		Validity:   dialect.Validity{Field: "validityPeriod", Default: aspi.DefaultValidity},
		Names:      merchantName,
		Identifier: dialect.CodeRef,
		Reference:  &aspi.UniqueReference,
		Trigger:    "partnerReferenceNo",
		Codes:      generateCodes(),
		Do:         do,
		Replay:     replay,
	}
}

// generateCodes are the standard's, without that of a static code.
func generateCodes() []dialect.Code {
	return slices.DeleteFunc(successful(aspi.GenerateCodes), func(c dialect.Code) bool { return c.Reach == dialect.ByDynamicOnly })
}

// successful gives the standard's lines with Paydia's success. The acquirer's
// pages are known without their lists of codes.
func successful(lines []dialect.Code) []dialect.Code {
	codes := slices.Clone(lines)
	for i := range codes {
		if codes[i].Reach == dialect.BySuccess {
			codes[i].Message = success.Message
		}
	}
	return codes
}

// status has a version 2.0, to which the official clients do not go yet.
func status() dialect.Operation {
	op := aspi.Status("/snap/v1.0/qr/qr-mpm-status", "/snap/v2.0/qr/qr-mpm-status")
	op.Headers, op.Body = headers, statusBody
	op.Success, op.Codes = success, successful(op.Codes)
	return op
}

// refund may be signed either way: "symmetricSignature or asymmetricSignature
// method".
func refund() dialect.Operation {
	op := aspi.Refund("/snap/v1.0/qr/qr-mpm-refund")
	op.Auth, op.Headers, op.Body = dialect.AuthEither, refundHeaders, refundBody
	op.Names = merchantName
	op.Success, op.Codes = success, successful(op.Codes)
	return op
}
