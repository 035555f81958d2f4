package emv_test

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/emv"
)

// sample gives a dynamic payload of 230 characters and its objects.
func sample(t testing.TB) (string, []emv.Object) {
	t.Helper()
	p, err := emv.Parse(find(t, "dynamic integer amount"))
	if err != nil {
		t.Fatal(err)
	}
	var objects []emv.Object
	for o := range p.All() {
		if o.ID == emv.IDAdditional {
			o.Value += "0510" + strings.Repeat("R", 10)
		}
		if o.ID != emv.IDCRC {
			objects = append(objects, o)
		}
	}
	text, err := emv.Build(objects...)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) != 230 {
		t.Fatalf("the sample has %d characters", len(text))
	}
	return text, objects
}

func TestAllocations(t *testing.T) {
	text, objects := sample(t)
	wide := find(t, "language template UTF-8 (length counts characters)")
	p, err := emv.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	account, _ := p.Get(26)
	n := 0
	tests := []struct {
		name string
		most float64
		run  func()
	}{
		{"Parse", 0, func() { _, err = emv.Parse(text) }},
		{"Parse of wide text", 0, func() { _, err = emv.Parse(wide) }},
		{"ParseTemplate", 0, func() { _, err = emv.ParseTemplate(account) }},
		{"Get", 0, func() { account, _ = p.Get(26) }},
		{"All", 0, func() {
			for o := range p.All() {
				n += len(o.Value)
			}
		}},
		{"Build", 1, func() { _, err = emv.Build(objects...) }},
	}
	for _, test := range tests {
		if got := testing.AllocsPerRun(100, test.run); got > test.most || err != nil {
			t.Errorf("%s allocates %v times, at most %v is meant; %v", test.name, got, test.most, err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text, _ := sample(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := emv.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseWide(b *testing.B) {
	text := find(b, "language template UTF-8 (length counts characters)")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := emv.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAndValidate(b *testing.B) {
	text, _ := sample(b)
	b.ReportAllocs()
	for b.Loop() {
		p, err := emv.Parse(text)
		if err != nil || p.Validate() != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	text, objects := sample(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := emv.Build(objects...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCRC(b *testing.B) {
	text, _ := sample(b)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		emv.CRC(text)
	}
}

func BenchmarkRepairSpaces(b *testing.B) {
	text := find(b, "the Paydia document, qr-mpm-payment request, as printed")
	for b.Loop() {
		if _, ok := emv.RepairSpaces(text); !ok {
			b.Fatal("not repaired")
		}
	}
}

func BenchmarkRepairSpacesInVain(b *testing.B) {
	text := "000201" + strings.Repeat("6599"+strings.Repeat("x ", 50), 10)
	for b.Loop() {
		emv.RepairSpaces(text[:500])
	}
}
