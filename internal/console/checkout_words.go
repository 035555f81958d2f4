package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// byState are words that follow the state of a code.
type byState struct{ Active, Paid, Expired, Cancelled string }

// In gives those of a state.
func (b byState) In(state pay.CodeState) string {
	return map[pay.CodeState]string{
		pay.CodeActive: b.Active, pay.CodeIsPaid: b.Paid, pay.CodeIsExpired: b.Expired, pay.CodeIsVoid: b.Cancelled,
	}[state]
}

// checkoutWords are all that the page says in one language.
type checkoutWords struct {
	Lang, Other, OtherName string // Other is the language that the page offers to switch to
	months                 [12]string
	clock                  string // layout of a time of the day

	AnyAmount, Simulated, NoScript    string
	Left, Day, Until, Save, Renew     string
	Paid, At, RRN, Refunded, Received string
	Live, Asking, Lost                string
	State, Advice                     byState
	Steps, StaticSteps                []string
}

var checkoutLanguages = map[string]*checkoutWords{
	"id": {
		Lang: "id", Other: "en", OtherName: "English", clock: "15.04.05", Day: "hari",
		months:    [12]string{"Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"},
		AnyAmount: "Jumlah bebas", Simulated: "Kode percobaan: tidak ada uang yang berpindah.",
		NoScript: "Halaman ini tidak berubah sendiri di peramban Anda: muat ulang untuk melihat status terbaru.",
		Left:     "Sisa waktu", Until: "Berlaku sampai", Save: "Simpan gambar QR", Renew: "Muat ulang status",
		Paid: "Dibayar", At: "Waktu", RRN: "RRN", Refunded: "Dikembalikan", Received: "Pembayaran diterima",
		Live: "Terhubung. Halaman ini berubah sendiri.", Asking: "Status ditanyakan setiap beberapa detik.",
		Lost: "Koneksi terputus. Status di atas mungkin sudah lama; sedang dicoba lagi.",
		State: byState{
			"Menunggu pembayaran", "Sudah dibayar", "Kode kedaluwarsa", "Kode dibatalkan",
		},
		Advice: byState{
			"Pindai dengan aplikasi bank atau dompet digital Anda.",
			"Terima kasih. Anda boleh menutup halaman ini dan kembali ke penjual.",
			"Kode ini tidak dapat dibayar lagi. Kembalilah ke penjual dan minta kode baru. Bila aplikasi Anda mencatat pembayaran, tunjukkan buktinya kepada penjual sebelum membayar lagi.",
			"Penjual membatalkan kode ini. Bila Anda masih hendak membayar, minta kode baru.",
		},
		Steps: []string{
			"Buka aplikasi bank atau dompet digital, lalu pilih QRIS.",
			"Pindai kode ini. Bila halaman ini ada di ponsel yang sama, simpan gambarnya dan buka dari galeri di aplikasi itu.",
			"Periksa nama penjual dan jumlahnya, lalu bayar.",
		},
		StaticSteps: []string{
			"Buka aplikasi bank atau dompet digital, lalu pilih QRIS.",
			"Pindai kode ini. Bila halaman ini ada di ponsel yang sama, simpan gambarnya dan buka dari galeri di aplikasi itu.",
			"Periksa nama penjual, isi jumlahnya, lalu bayar.",
		},
	},
	"en": {
		Lang: "en", Other: "id", OtherName: "Bahasa Indonesia", clock: "15:04:05", Day: "days",
		months:    [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		AnyAmount: "Any amount", Simulated: "A test code (simulation): no money moves.",
		NoScript: "This page does not change by itself in your browser: reload it for the latest status.",
		Left:     "Time left", Until: "Valid until", Save: "Save the QR image", Renew: "Reload the status",
		Paid: "Paid", At: "Time", RRN: "RRN", Refunded: "Refunded", Received: "Payment received",
		Live: "Connected. This page changes by itself.", Asking: "Asking for the status every few seconds.",
		Lost: "The connection is lost. The status above may be old; trying again.",
		State: byState{
			"Waiting for payment", "Paid", "The code has expired", "The code was cancelled",
		},
		Advice: byState{
			"Scan it with your bank's app or your wallet.",
			"Thank you. You may close this page and go back to the shop.",
			"This code cannot be paid any more. Go back to the shop and ask for a new one. If your app shows a payment, show the shop the receipt before you pay again.",
			"The shop cancelled this code. If you still want to pay, ask for a new one.",
		},
		Steps: []string{
			"Open your bank's app or your wallet and choose QRIS.",
			"Scan this code. If this page is on the same phone, save the image and open it from the gallery in that app.",
			"Check the shop's name and the amount, then pay.",
		},
		StaticSteps: []string{
			"Open your bank's app or your wallet and choose QRIS.",
			"Scan this code. If this page is on the same phone, save the image and open it from the gallery in that app.",
			"Check the shop's name, enter the amount, then pay.",
		},
	},
}

// moment words a time in Jakarta.
func (w *checkoutWords) moment(t time.Time) string {
	local := t.In(pay.Jakarta)
	return strconv.Itoa(local.Day()) + " " + w.months[local.Month()-1] + " " + local.Format("2006 "+w.clock) + " WIB"
}

// checkoutLanguage chooses the language that was asked for, or else the one
// of the browser's that it likes best, or else Indonesian.
func checkoutLanguage(asked, accepted string) *checkoutWords {
	if words, ok := checkoutLanguages[asked]; ok {
		return words
	}
	best, most := checkoutLanguages["id"], 0.0
	for _, part := range strings.Split(accepted, ",") {
		tag, parameter, _ := strings.Cut(part, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		words, ok := checkoutLanguages[primary]
		if q := quality(parameter); ok && q > most {
			best, most = words, q
		}
	}
	return best
}

// quality reads the q of Accept-Language: 1 without one, 0 when it is none.
func quality(parameter string) float64 {
	name, value, given := strings.Cut(strings.TrimSpace(parameter), "=")
	if !given || strings.TrimSpace(name) != "q" {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0
	}
	return q
}
