package storage

import (
	"reflect"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// TestColumnsNameTheirFields: a round trip cannot see two columns swapped,
// but who reads the table with other means would.
func TestColumnsNameTheirFields(t *testing.T) {
	columnsNameFields(t, partners)
	columnsNameFields(t, merchants)
	columnsNameFields(t, outlets)
	columnsNameFields(t, payers)
	columnsNameFields(t, codes)
	columnsNameFields(t, payments)
	columnsNameFields(t, refunds)
	columnsNameFields(t, deliveries)
	columnsNameFields(t, attempts)
	columnsNameFields(t, settlements)
	columnsNameFields(t, tokens)
	columnsNameFields(t, marks)
	columnsNameFields(t, postings)
	transfersColumns := transfers
	transfersColumns.columns = append(transfers.columns[:4:4], "postings") // in a table of their own
	transfersColumns.fields = func(v *ledger.Transfer) []any { return append(transfers.fields(v), &v.Postings) }
	columnsNameFields(t, transfersColumns)
}

// columnNames are the columns that are not called like their field.
var columnNames = map[string]string{
	"payment.at": "paid_at", "refund.at": "refunded_at", "transfer.at": "moved_at",
	"attempt.at": "tried_at", "settlement.at": "settled_at",
}

func columnsNameFields[T any](t *testing.T, tab table[T]) {
	t.Helper()
	var v T
	columns := map[uintptr]string{}
	for i, f := range tab.fields(&v) {
		columns[address(f)] = tab.columns[i]
	}
	fields := reflect.ValueOf(&v).Elem()
	if fields.NumField() != len(tab.columns) {
		t.Errorf("%s has %d columns for %d fields", tab.name, len(tab.columns), fields.NumField())
	}
	for i := range fields.NumField() {
		name := strings.ToLower(fields.Type().Field(i).Name)
		column := columns[fields.Field(i).Addr().Pointer()]
		if strings.ReplaceAll(column, "_", "") != name && columnNames[tab.name+"."+name] != column {
			t.Errorf("%s keeps %s in column %q", tab.name, name, column)
		}
	}
}

// address is where a field lies, whether it is pointed to or wrapped.
func address(field any) uintptr {
	v := reflect.ValueOf(field)
	if v.Kind() == reflect.Struct {
		v = v.Field(0)
	}
	return v.Pointer()
}

func TestStatementTexts(t *testing.T) {
	for got, want := range map[string]string{
		outlets.insert("day"): "INSERT INTO outlet (partner_id, merchant_id, kind, id, standing, day) " +
			"VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
		postings.upsert("account"): "INSERT INTO posting (account, amount) VALUES ($1, $2) " +
			"ON CONFLICT (account) DO UPDATE SET account = excluded.account, amount = excluded.amount",
		postings.find("WHERE account = $1"): "SELECT account, amount FROM posting WHERE account = $1",
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestErrorsNameTheStep(t *testing.T) {
	for text, want := range map[string]string{
		insertCode:        "insert code",
		closeCode:         "update code",
		paidByPayerSince:  "select payment",
		setDelivery:       "update delivery",
		"COMMIT":          "commit",
		"BEGIN IMMEDIATE": "begin immediate",
	} {
		if got := step(text); got != want {
			t.Errorf("step(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestForeignColumnsAreRefused(t *testing.T) {
	var (
		sum [32]byte
		of  pay.PartnerSettings
	)
	for name, err := range map[string]error{
		"digest of a number":     digest{&sum}.Scan(int64(1)),
		"digest that is short":   digest{&sum}.Scan("00"),
		"digest that is no hex":  digest{&sum}.Scan(strings.Repeat("x", 64)),
		"settings of a number":   settings{&of}.Scan(int64(1)),
		"settings that are torn": settings{&of}.Scan(`{"urlOnly":`),
		"time of a text":         moment{nil}.Scan("2026"),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
