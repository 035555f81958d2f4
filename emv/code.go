package emv

// Code names a kind of finding. Codes are stable: programs may branch on them.
type Code string

// Framing: Parse and ParseTemplate refuse the text.
const (
	// CodeEmpty: the text has no characters.
	CodeEmpty Code = "empty"
	// CodeInvalidUTF8: the text is not UTF-8.
	CodeInvalidUTF8 Code = "invalid-utf8"
	// CodeBadID: two digits of ID are expected and something else is there.
	CodeBadID Code = "bad-id-digits"
	// CodeBadLength: two digits of length are expected and something else is there.
	CodeBadLength Code = "bad-length-digits"
	// CodeTruncated: the text ends inside a header.
	CodeTruncated Code = "truncated"
	// CodeOverrun: a length reaches beyond the end of the text.
	CodeOverrun Code = "overrun"
	// CodeDuplicate: an ID occurs twice on one level.
	CodeDuplicate Code = "duplicate"
)

// The envelope: format indicator first, CRC last and right.
const (
	// CodeFirstNot00: the payload does not begin with object 00.
	CodeFirstNot00 Code = "first-not-00"
	// CodeFormatIndicator: 00 is not "01". Another number of two digits is a
	// Warning, because DuitNow prints "02".
	CodeFormatIndicator Code = "format-indicator"
	// CodeCRC: the printed CRC is not the computed one.
	CodeCRC Code = "crc"
	// CodeCRCMissing: there is no object 63.
	CodeCRCMissing Code = "crc-missing"
	// CodeCRCNotLast: something follows object 63, be it objects (Validate)
	// or characters that are no object (Parse).
	CodeCRCNotLast Code = "crc-not-last"
	// CodeCRCFormat: 63 is not four hexadecimal digits.
	CodeCRCFormat Code = "crc-format"
	// CodeCRCLowerCase (Warning): the CRC is right and in lower case, on which
	// the standard is silent.
	CodeCRCLowerCase Code = "crc-lower-case"
	// CodePayloadLength (Warning): more than 512 characters.
	CodePayloadLength Code = "payload-length"
)

// Values of the root objects.
const (
	// CodeZeroLength: a value has no characters, and lengths are 01 to 99. It
	// is an Error everywhere but inside 62, where it is a Warning: the Qoin
	// document's own payload has an empty 62.07 and is paid every day.
	CodeZeroLength Code = "zero-length"
	// CodeCharset: a value has characters outside the common character set
	// (printable ASCII), where only 62 and above may.
	CodeCharset Code = "charset"
	// CodeInitiationMethod: 01 is neither "11" (static) nor "12" (dynamic).
	CodeInitiationMethod Code = "initiation-method"
	// CodeAccountMissing: none of 02 to 51 is there.
	CodeAccountMissing Code = "account-missing"
	// CodeMCCMissing: 52 is missing.
	CodeMCCMissing Code = "mcc-missing"
	// CodeMCCFormat: 52 is not four digits (ISO 18245).
	CodeMCCFormat Code = "mcc-format"
	// CodeCurrencyMissing: 53 is missing.
	CodeCurrencyMissing Code = "currency-missing"
	// CodeCurrencyFormat: 53 is not three digits (ISO 4217).
	CodeCurrencyFormat Code = "currency-format"
	// CodeAmountFormat: 54 is not digits with at most one full stop, 13
	// characters in all.
	CodeAmountFormat Code = "amount-format"
	// CodeAmountZero: 54 is zero.
	CodeAmountZero Code = "amount-zero"
	// CodeCountryMissing: 58 is missing.
	CodeCountryMissing Code = "country-missing"
	// CodeCountryFormat: 58 is not two capital letters (ISO 3166-1).
	CodeCountryFormat Code = "country-format"
	// CodeNameMissing: 59 is missing.
	CodeNameMissing Code = "name-missing"
	// CodeNameLength: 59 is longer than 25 characters.
	CodeNameLength Code = "name-length"
	// CodeCityMissing: 60 is missing.
	CodeCityMissing Code = "city-missing"
	// CodeCityLength: 60 is longer than 15 characters.
	CodeCityLength Code = "city-length"
	// CodePostalCodeLength: 61 is longer than 10 characters.
	CodePostalCodeLength Code = "postal-code-length"
)

// Tips: 55 says which of 56 and 57 must be there.
const (
	// CodeTipIndicator: 55 is none of "01", "02", "03".
	CodeTipIndicator Code = "tip-indicator"
	// CodeTipWithoutIndicator: 56 or 57 is there and 55 does not announce it.
	CodeTipWithoutIndicator Code = "tip-without-indicator"
	// CodeTipMissingFixed: 55 is "02" and 56 is missing.
	CodeTipMissingFixed Code = "tip-missing-fixed"
	// CodeTipMissingPercent: 55 is "03" and 57 is missing.
	CodeTipMissingPercent Code = "tip-missing-percent"
	// CodeTipFixedFormat: 56 is not an amount above zero.
	CodeTipFixedFormat Code = "tip-fixed-format"
	// CodeTipPercentRange: 57 is not within 00.01 to 99.99.
	CodeTipPercentRange Code = "tip-percent-range"
)

// Templates.
const (
	// CodeGUIDMissing: a template has no 00 that says whose it is. Inside 62
	// it is a Warning.
	CodeGUIDMissing Code = "guid-missing"
	// CodeGUIDLength: a 00 is longer than 32 characters.
	CodeGUIDLength Code = "guid-length"
	// CodeAdditionalLength: an object of 62 is longer than the standard allows.
	CodeAdditionalLength Code = "additional-length"
	// CodeConsumerDataRequest: 62.09 is not distinct letters out of A, M, E.
	CodeConsumerDataRequest Code = "consumer-data-request"
	// CodeLanguage: 64.00 is missing or not two letters (ISO 639).
	CodeLanguage Code = "language"
	// CodeLanguageName: 64.01 is missing or longer than 25 characters.
	CodeLanguageName Code = "language-name"
	// CodeLanguageCity: 64.02 is longer than 15 characters.
	CodeLanguageCity Code = "language-city"
)

// Writing: Build, Join and Append refuse these and some of the above.
const (
	// CodeIDRange: an ID is above 99, or is 63, which Build adds by itself.
	CodeIDRange Code = "id-range"
	// CodeValueLength: a value or a template is longer than 99 characters.
	CodeValueLength Code = "value-length"
)
