package qris_test

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/qris"
)

// plain reads objects into a map by regular slicing of characters, without
// anything of this module; nil: it is no list of objects.
func plain(text string) map[string]string {
	all := map[string]string{}
	for rest := []rune(text); len(rest) > 0; {
		if len(rest) < 4 {
			return nil
		}
		id, size := string(rest[:2]), string(rest[2:4])
		n, err := strconv.ParseUint(size, 10, 8)
		_, bad := strconv.ParseUint(id, 10, 8)
		if _, twice := all[id]; err != nil || bad != nil || twice || len(rest) < 4+int(n) {
			return nil
		}
		all[id] = string(rest[4 : 4+n])
		rest = rest[4+n:]
	}
	return all
}

// FuzzDecodeAgrees holds what Decode says against the plain reader and the
// standard's table of objects.
func FuzzDecodeAgrees(f *testing.F) {
	for _, v := range append(load(f, "public.json"), load(f, "synthetic.json")...) {
		f.Add(v.Payload)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := qris.Decode(text)
		if err != nil {
			return
		}
		root := plain(text)
		if root == nil {
			t.Fatalf("the plain reader refuses %q", text)
		}
		more, repository := plain(root["62"]), plain(root["51"])
		way, given := root["01"]
		for _, field := range []struct{ name, got, want string }{
			{"01", strconv.FormatBool(c.Static), strconv.FormatBool(!given || way == "11")},
			{"52", c.MCC, root["52"]}, {"53", c.Currency, root["53"]}, {"58", c.Country, root["58"]}, {"59", c.Name, root["59"]}, {"60", c.City, root["60"]}, {"61", c.PostalCode, root["61"]},
			{"55", c.Tip.Indicator, root["55"]}, {"56", c.Tip.Fixed, root["56"]}, {"57", c.Tip.Percent, root["57"]},
			{"62.01", c.BillNumber, more["01"]}, {"62.03", c.StoreLabel, more["03"]}, {"62.05", c.ReferenceLabel, more["05"]}, {"62.07", c.TerminalLabel, more["07"]}, {"62.08", c.Purpose, more["08"]},
			{"51.00", c.Repository.GUID, repository["00"]}, {"51.02", c.NMID(), repository["02"]}, {"51.03", c.Repository.Criteria, repository["03"]},
		} {
			if field.got != field.want {
				t.Errorf("%s of %q is %q; the plain reader has %q", field.name, text, field.got, field.want)
			}
		}
		agreeAmount(t, c, root)
	})
}

// agreeAmount reckons the amount with fractions.
func agreeAmount(t *testing.T, c qris.Code, root map[string]string) {
	t.Helper()
	printed, given := root["54"]
	if given != c.HasAmount {
		t.Fatalf("there is an amount: %v, not %v", given, c.HasAmount)
	}
	if !given {
		return
	}
	want, ok := new(big.Rat).SetString("0" + strings.TrimSuffix(printed, "."))
	if !ok || want.Mul(want, big.NewRat(100, 1)).Cmp(big.NewRat(c.Amount, 1)) != 0 {
		t.Errorf("%q is %d sen", printed, c.Amount)
	}
}
