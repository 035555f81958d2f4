package console

import (
	"fmt"
	"maps"
)

// indonesian are the words of all pages, by their English.
var indonesian = joined(frameID, requestsID, sandboxID)

func joined(parts ...map[string]string) map[string]string {
	all := make(map[string]string)
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

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
