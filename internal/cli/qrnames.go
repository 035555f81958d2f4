package cli

import "github.com/qrisd/qrisd/emv"

// rootNames names the data objects under the root (EMVCo QRCPS-MPM, table of
// data objects under the root).
var rootNames = map[emv.ID]string{
	emv.IDFormatIndicator:  "payload format indicator",
	emv.IDInitiationMethod: "point of initiation method",
	emv.IDMCC:              "merchant category code",
	emv.IDCurrency:         "currency",
	emv.IDAmount:           "amount",
	emv.IDTipIndicator:     "tip indicator",
	emv.IDTipFixed:         "fixed tip",
	emv.IDTipPercent:       "percentage of tip",
	emv.IDCountry:          "country",
	emv.IDName:             "merchant name",
	emv.IDCity:             "merchant city",
	emv.IDPostalCode:       "postal code",
	emv.IDAdditional:       "additional data",
	emv.IDCRC:              "CRC",
	emv.IDLanguage:         "language template",
}

// accountNames names the objects of 26 to 45 and 51 (QRIS, Tabel 4.3).
var accountNames = map[emv.ID]string{0: "GUID", 1: "PAN", 2: "merchant ID", 3: "criteria"}

// repositoryNames names the objects of 51 (QRIS 4.7.7).
var repositoryNames = map[emv.ID]string{0: "GUID", 2: "NMID", 3: "criteria"}

// ownerNames names what templates of others have in common.
var ownerNames = map[emv.ID]string{0: "GUID"}

// additionalNames names the objects of 62 (QRIS, Tabel 4.8).
var additionalNames = map[emv.ID]string{
	1: "bill number", 2: "mobile number", 3: "store label", 4: "loyalty number", 5: "reference label",
	6: "customer label", 7: "terminal label", 8: "purpose", 9: "consumer data request",
	10: "merchant tax ID", 11: "merchant channel", 99: "proprietary data",
}

// languageNames names the objects of 64.
var languageNames = map[emv.ID]string{0: "language", 1: "merchant name", 2: "merchant city"}

// templates are ranges of root objects that hold objects themselves.
var templates = []struct {
	first, last emv.ID
	name        string
	inside      map[emv.ID]string
}{
	{26, 45, "merchant account", accountNames},
	{46, 50, "merchant account", ownerNames},
	{51, 51, "central repository", repositoryNames},
	{emv.IDAdditional, emv.IDAdditional, "additional data", additionalNames},
	{emv.IDLanguage, emv.IDLanguage, "language template", languageNames},
	{80, 99, "unreserved template", ownerNames},
}

// describe names a root object; inside is nil unless it is a template.
func describe(id emv.ID) (name string, inside map[emv.ID]string) {
	for _, t := range templates {
		if t.first <= id && id <= t.last {
			return t.name, t.inside
		}
	}
	switch name, known := rootNames[id]; {
	case known:
		return name, nil
	case id < emv.IDMCC:
		return "merchant account", nil
	}
	return "reserved", nil
}
