package qris

import "strings"

// latin writes the accented letters of Indonesian names without accents.
var latin = strings.NewReplacer(
	"À", "A", "Á", "A", "Â", "A", "Ã", "A", "Ä", "A", "Å", "A", "Ç", "C",
	"È", "E", "É", "E", "Ê", "E", "Ë", "E", "Ì", "I", "Í", "I", "Î", "I", "Ï", "I",
	"Ñ", "N", "Ò", "O", "Ó", "O", "Ô", "O", "Õ", "O", "Ö", "O", "Ø", "O",
	"Ù", "U", "Ú", "U", "Û", "U", "Ü", "U", "Ý", "Y",
	"à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ç", "c",
	"è", "e", "é", "e", "ê", "e", "ë", "e", "ì", "i", "í", "i", "î", "i", "ï", "i",
	"ñ", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ø", "o",
	"ù", "u", "ú", "u", "û", "u", "ü", "u", "ý", "y", "ÿ", "y",
	"‘", "'", "’", "'", "“", `"`, "”", `"`, "–", "-", "—", "-",
)

// Shorten makes a name fit for 59 or 60: accents are dropped, other characters
// outside printable ASCII and "|" become spaces, runs of spaces become one,
// and what is beyond max characters is cut at the end of a word; a first word
// that is too long by itself is cut within. A name in another script leaves
// nothing, and Encode refuses it.
func Shorten(s string, max int) string {
	if len(s) <= max && fit(s) {
		return s
	}
	words := strings.Fields(strings.Map(plain, latin.Replace(s)))
	var b strings.Builder
	for i, word := range words {
		switch {
		case i == 0:
			b.WriteString(word[:min(len(word), max)])
		case b.Len()+1+len(word) > max:
			return b.String()
		default:
			b.WriteString(" " + word)
		}
	}
	return b.String()
}

// fit reports whether a name is what Shorten makes of names, but for its
// length.
func fit(s string) bool {
	space := true // as if one came before
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ' && !space:
			space = true
		case plain(rune(c)) == ' ':
			return false
		default:
			space = false
		}
	}
	return s == "" || !space
}

func plain(r rune) rune {
	if r < '!' || r > '~' || r == '|' {
		return ' '
	}
	return r
}
