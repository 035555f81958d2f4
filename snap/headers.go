package snap

// Headers of the SNAP standard, spelled as it prints them. net/http compares
// header names without regard to case, so Get and Set take them as they are.
const (
	HeaderTimestamp             = "X-TIMESTAMP"
	HeaderSignature             = "X-SIGNATURE"
	HeaderClientKey             = "X-CLIENT-KEY"  // token requests only
	HeaderPartnerID             = "X-PARTNER-ID"  // at most 36 characters
	HeaderExternalID            = "X-EXTERNAL-ID" // unique in a day, at most 36 characters
	HeaderChannelID             = "CHANNEL-ID"    // at most 5 characters; the only name without "X-"
	HeaderAuthorization         = "Authorization" // "Bearer " and the B2B token; absent under an asymmetric signature
	HeaderAuthorizationCustomer = "Authorization-Customer"
	HeaderDeviceID              = "X-DEVICE-ID"
	HeaderIPAddress             = "X-IP-ADDRESS"
	HeaderOrigin                = "ORIGIN"
	HeaderLatitude              = "X-LATITUDE"
	HeaderLongitude             = "X-LONGITUDE"

	// HeaderDebugMode is DANA's: "true" asks the sandbox to explain a refusal
	// in additionalInfo.debugMessage. It is not part of the standard.
	HeaderDebugMode = "X-Debug-Mode"
)
