package described

import (
	"net/url"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// notice is the object of that name; what it leaves out is the standard's.
type notice struct {
	service         snap.Service
	path, tokenPath string
	acks            []string
}

var noticeServices = map[string]snap.Service{
	string(snap.ServiceNotify): snap.ServiceNotify, string(snap.ServiceDebitNotify): snap.ServiceDebitNotify,
}

func (d *description) readNotice(p place) error {
	if p.value.Kind() == field.Null {
		d.silent = true
		return nil
	}
	n := &notice{service: snap.ServiceNotify}
	d.notice = n
	err := p.object(keys{
		"service":   choice("service of notifications", noticeServices, &n.service),
		"path":      receiver(&n.path),
		"tokenPath": receiver(&n.tokenPath),
		"acks":      texts(&n.acks),
	})
	if err != nil {
		return err
	}
	if n.path == "" {
		n.path = "/v1.0/" + n.service.Path()
	}
	if n.acks == nil {
		n.acks = []string{snap.CaseSuccessful.Code(n.service)}
	}
	return n.checkAcks(under(p.path, "acks"))
}

// receiver is a path at the merchant's server.
func receiver(into *string) reader {
	return func(p place) (err error) {
		if *into, err = p.text(); err != nil {
			return err
		}
		u, err := url.Parse(*into)
		if err != nil || !strings.HasPrefix(*into, "/") || u.Host != "" {
			return p.fault(`%q is no path; it begins with a slash, as in "/v1.0/qr/qr-mpm-notify"`, *into)
		}
		return nil
	}
}

func (n *notice) checkAcks(at string) error {
	if len(n.acks) == 0 {
		return fault(at, "without a response code that acknowledges, a notification would be sent again for ever")
	}
	for _, code := range n.acks {
		status, _, _, err := snap.ParseCode(code)
		if err != nil || status/100 != 2 {
			return fault(at, `%q is no response code of a success, as in "2005200"`, code)
		}
	}
	return nil
}

// dialect is the notice with the dialect's words, over the standard's.
func (n *notice) dialect(standard dialect.Notice, words map[pay.Status]dialect.Word) *dialect.Notice {
	if n != nil {
		standard.Service, standard.Path, standard.TokenPath, standard.Acks = n.service, n.path, n.tokenPath, n.acks
	}
	standard.Body = func(t pay.Transaction) map[string]any { return aspi.Told(t, words) }
	return &standard
}
