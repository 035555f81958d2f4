package emv

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxGUID is the greatest length of a 00 inside a template.
const maxGUID = 32

// additionalShapes has a row for every object of 62 with a meaning of its own.
// Values of "***" ask the payer's application for the content. 10 and 11 are
// from version 1.1 of the standard.
var additionalShapes = [...]shape{
	1:  {"bill number", common, 1, 25, CodeAdditionalLength, CodeCharset},
	2:  {"mobile number", common, 1, 25, CodeAdditionalLength, CodeCharset},
	3:  {"store label", common, 1, 25, CodeAdditionalLength, CodeCharset},
	4:  {"loyalty number", common, 1, 25, CodeAdditionalLength, CodeCharset},
	5:  {"reference label", common, 1, 25, CodeAdditionalLength, CodeCharset},
	6:  {"customer label", common, 1, 25, CodeAdditionalLength, CodeCharset},
	7:  {"terminal label", common, 1, 25, CodeAdditionalLength, CodeCharset},
	8:  {"purpose", common, 1, 25, CodeAdditionalLength, CodeCharset},
	9:  {"consumer data request", common, 1, 3, CodeConsumerDataRequest, CodeCharset},
	10: {"merchant tax ID", common, 1, 20, CodeAdditionalLength, CodeCharset},
	11: {"merchant channel", common, 3, 3, CodeAdditionalLength, CodeCharset},
}

// languageShapes has a row for every object of 64.
var languageShapes = [...]shape{
	0: {"language", common, 2, 2, CodeLanguage, CodeLanguage},
	1: {"merchant name", text, 1, 25, CodeLanguageName, CodeLanguageName},
	2: {"merchant city", text, 1, 15, CodeLanguageCity, CodeLanguageCity},
}

// template checks what a root object holds, when it is a template.
func (r *report) template(o Object) {
	var inside func(r *report, path string, t Template)
	switch {
	case o.ID == IDAdditional:
		inside = (*report).additional
	case o.ID == IDLanguage:
		inside = (*report).language
	case 26 <= o.ID && o.ID <= 51, 80 <= o.ID && o.ID <= maxID:
		inside = (*report).owned
	default:
		return
	}
	path := o.ID.String()
	t, err := ParseTemplate(o.Value)
	if err != nil {
		r.framing(path, err)
		return
	}
	inside(r, path, t)
}

// framing reports the fault of a template under the path of the template.
func (r *report) framing(path string, err error) {
	f := err.(*FramingError).Finding()
	f.Path = strings.TrimSuffix(path+"."+f.Path, ".")
	f.Detail = "inside the template " + f.Detail
	*r = append(*r, f)
}

// owned checks a template that belongs to whom its 00 names: 26 to 51, 80 to
// 99, and 50 to 99 inside 62.
func (r *report) owned(path string, t Template) {
	guid, ok := t.Get(0)
	if !ok {
		r.fail(CodeGUIDMissing, path+".00", "the template does not say whose it is", "put its GUID in 00")
	}
	if n := utf8.RuneCountInString(guid); n > maxGUID {
		r.fail(CodeGUIDLength, path+".00", fmt.Sprintf("the GUID has %d characters, at most %d are allowed", n, maxGUID), "")
	}
	for o := range t.All() {
		if o.Value == "" {
			r.fail(CodeZeroLength, path+"."+o.ID.String(), "the value is empty, lengths are 01 to 99", "leave the object out")
		}
	}
}

// additional checks 62. Its empty objects are warnings, see CodeZeroLength;
// so are its own templates, which concern nobody but their owner.
func (r *report) additional(path string, t Template) {
	for o := range t.All() {
		sub := path + "." + o.ID.String()
		switch {
		case o.Value == "":
			r.warn(CodeZeroLength, sub, "the value is empty, lengths are 01 to 99", "leave the object out")
		case o.ID >= 50:
			r.proprietary(sub, o.Value)
		case int(o.ID) < len(additionalShapes) && o.ID > 0:
			if r.shape(&additionalShapes[o.ID], sub, o.Value) && o.ID == 9 {
				r.consumerData(sub, o.Value)
			}
		}
	}
}

// proprietary checks a template inside 62 and lowers its findings to warnings.
func (r *report) proprietary(path, value string) {
	var inner report
	if t, err := ParseTemplate(value); err != nil {
		inner.framing(path, err)
	} else {
		inner.owned(path, t)
	}
	for _, f := range inner {
		f.Severity = Warning
		*r = append(*r, f)
	}
}

func (r *report) consumerData(path, value string) {
	for i := range len(value) {
		if !strings.Contains("AME", value[i:i+1]) || strings.Contains(value[:i], value[i:i+1]) {
			r.fail(CodeConsumerDataRequest, path, fmt.Sprintf("the consumer data request is %q", value),
				"use A (address), M (mobile), E (e-mail), each at most once")
			return
		}
	}
}

func (r *report) language(path string, t Template) {
	for _, id := range []ID{0, 1} {
		if _, ok := t.Get(id); !ok {
			s := &languageShapes[id]
			r.fail(s.length, path+"."+id.String(), "the "+s.name+" is missing", "64 needs 00 and 01")
		}
	}
	for o := range t.All() {
		sub := path + "." + o.ID.String()
		switch {
		case o.Value == "":
			r.fail(CodeZeroLength, sub, "the value is empty, lengths are 01 to 99", "leave the object out")
		case int(o.ID) < len(languageShapes):
			r.shape(&languageShapes[o.ID], sub, o.Value)
		}
	}
}
