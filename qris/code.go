package qris

import "github.com/qrisd/qrisd/emv"

// The codes that Validate adds to those of EMVCo, and Payable's own.
const (
	// CodeCurrency: 58 is "ID" and 53 is not "360" (4.7.7.1).
	CodeCurrency emv.Code = "currency-not-idr"
	// CodeAmountSen: the amount is no whole number of rupiah.
	CodeAmountSen emv.Code = "amount-sen"
	// CodeAmountPrecision: the amount has digits below a hundredth.
	CodeAmountPrecision emv.Code = "amount-precision"
	// CodeStaticAmount (Warning): a static code fixes the amount.
	CodeStaticAmount emv.Code = "static-amount"
	// CodeDynamicWithoutAmount (Warning): a dynamic code leaves the amount open.
	CodeDynamicWithoutAmount emv.Code = "dynamic-without-amount"
	// CodePostalCodeMissing: 58 is "ID" and 61 is missing (4.7.15).
	CodePostalCodeMissing emv.Code = "postal-code-missing"
	// CodePipe: "|" in 58 to 61, or in 02 or 03 of an account.
	CodePipe emv.Code = "pipe"
	// CodeDomesticMissing: neither an account of 26 to 45 nor 51 is there.
	CodeDomesticMissing emv.Code = "domestic-account-missing"
	// CodePANMissing: the acquirer's account has no 01 (Tabel 4.3).
	CodePANMissing emv.Code = "pan-missing"
	// CodePANFormat: 01 is not 1 to 19 digits.
	CodePANFormat emv.Code = "pan-format"
	// CodePANLength (Warning): 01 has neither 18 digits nor 19.
	CodePANLength emv.Code = "pan-length"
	// CodePANCheckDigit: 01 has 19 digits and the last is not the check digit.
	CodePANCheckDigit emv.Code = "pan-check-digit"
	// CodeNNS (Warning): 01 does not begin with an institution number, 9360xxxx.
	CodeNNS emv.Code = "nns"
	// CodeMerchantIDMissing: the acquirer's account has no 02.
	CodeMerchantIDMissing emv.Code = "merchant-id-missing"
	// CodeMerchantIDLength: 02 is longer than 15 characters.
	CodeMerchantIDLength emv.Code = "merchant-id-length"
	// CodeCriteria: 03 is none of UMI, UKE, UME, UBE, URE, PSO, BLU.
	CodeCriteria emv.Code = "criteria"
	// CodeCriteriaMissing (Warning): the acquirer's account has no 03; issuers
	// put URE (Tabel 4.6).
	CodeCriteriaMissing emv.Code = "criteria-missing"
	// CodeCriteriaMismatch (Warning): 03 of the account and of 51 differ.
	CodeCriteriaMismatch emv.Code = "criteria-mismatch"
	// CodeGUIDCase (Warning): the GUID of an account has lower-case letters.
	CodeGUIDCase emv.Code = "guid-case"
	// CodeRepositoryMissing: a static code has no 51 (4.7.7).
	CodeRepositoryMissing emv.Code = "repository-missing"
	// CodeRepositoryGUID: 51 belongs to somebody else. The GUID of 2020 is a
	// Warning.
	CodeRepositoryGUID emv.Code = "repository-guid"
	// CodeNMIDMissing: 51 has no 02.
	CodeNMIDMissing emv.Code = "nmid-missing"
	// CodeNMIDFormat (Warning): the NMID is not "ID" and 13 digits.
	CodeNMIDFormat emv.Code = "nmid-format"
	// CodeNMIDCheckDigit (Warning): the last digit of the NMID is wrong, as in
	// the documents' dummies.
	CodeNMIDCheckDigit emv.Code = "nmid-check-digit"
	// CodeOwnLength (Warning): 62.99 is longer than 91 characters (4.8.1.4).
	CodeOwnLength emv.Code = "proprietary-length"
	// CodeTransferStatic: a QRIS TTS code is not dynamic (Tabel 3.20).
	CodeTransferStatic emv.Code = "transfer-static"
	// CodeTransferMCC: the 52 of a QRIS TTS code is not 4829.
	CodeTransferMCC emv.Code = "transfer-mcc"
	// CodeTransferUnique: the 62.99.01 of a QRIS TTS code is missing or not 8
	// to 64 characters.
	CodeTransferUnique emv.Code = "transfer-unique"
	// CodeSpacesCollapsed: Payable found that a run of spaces was shortened,
	// and where.
	CodeSpacesCollapsed emv.Code = "spaces-collapsed"
)

// The codes of Encode.
const (
	// CodeFieldMissing: a mandatory field is empty.
	CodeFieldMissing emv.Code = "field-missing"
	// CodeFieldLength: a field is too long.
	CodeFieldLength emv.Code = "field-length"
	// CodeFieldFormat: a field has the wrong form.
	CodeFieldFormat emv.Code = "field-format"
)
