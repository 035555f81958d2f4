package console

import "fmt"

// say gives words in a language. They are written in English where they are
// used, and that is also under what the other languages keep them.
func say(lang, words string, args ...any) string {
	if lang != "en" {
		if there, ok := indonesian[words]; ok {
			words = there
		}
	}
	if len(args) == 0 {
		return words
	}
	return fmt.Sprintf(words, args...)
}
