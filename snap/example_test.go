package snap_test

import (
	"errors"
	"fmt"

	"github.com/qrisd/qrisd/snap"
)

func request() snap.Message {
	return snap.Message{
		Method:      "POST",
		Path:        "/v1.0/qr/qr-generate-list",
		AccessToken: "myaccesstoken",
		Body:        []byte(`{ "dateGenerate": "2024-03-15T00:00:00+07:00", "additionalInfo": { "merchantId": "121xxxx" } }`),
		Timestamp:   "2024-01-16T10:54:21+07:00",
	}
}

func ExampleSign() {
	signature, err := snap.Sign(snap.Symmetric, snap.Credentials{Secret: "myclientsecret"}, request())
	fmt.Println(signature, err)
	// Output: iw5TvtKpXV8XBz5P9Fur58oMs6L5pJJfdUprc8Um6weVqZbZWXRSYw3o0OyNcIvrjRMhwzLHoqxrAAAf1TEqHw== <nil>
}

func ExampleVerifySymmetric() {
	received := request()
	signature := "iw5TvtKpXV8XBz5P9Fur58oMs6L5pJJfdUprc8Um6weVqZbZWXRSYw3o0OyNcIvrjRMhwzLHoqxrAAAf1TEqHw=="
	fmt.Println(snap.VerifySymmetric("myclientsecret", received, signature))
	err := snap.VerifySymmetric("another secret", received, signature)
	fmt.Println(errors.Is(err, snap.ErrSignature))
	// Output:
	// <nil>
	// true
}

func ExampleCase_Code() {
	c := snap.CaseInvalidFieldFormat
	fmt.Println(c.HTTP, c.Code(snap.ServiceGenerate), c.With("amount"))
	// Output: 400 4004701 Invalid Field Format amount
}
