package admin

import (
	"net/http"
	"time"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// partnerView is a partner without its secret.
type partnerView struct {
	ID        string              `json:"id"`
	Name      string              `json:"name"`
	Dialect   string              `json:"dialect"`
	ClientKey string              `json:"clientKey"`
	ChannelID string              `json:"channelId"`
	Key       string              `json:"publicKeyFingerprint,omitempty"`
	NotifyURL string              `json:"notifyURL,omitempty"`
	Standing  pay.Standing        `json:"standing"`
	Settings  pay.PartnerSettings `json:"settings"`
	Access    pay.AccessRules     `json:"access"`
	CreatedAt time.Time           `json:"createdAt"`
	// Until when credentials that were replaced go on to verify.
	FormerSecretUntil time.Time `json:"formerSecretUntil,omitzero"`
	FormerKeyUntil    time.Time `json:"formerKeyUntil,omitzero"`
	FormerKey         string    `json:"formerPublicKeyFingerprint,omitempty"`
}

func viewPartner(p pay.Partner) partnerView {
	v := partnerView{
		ID: p.ID, Name: p.Name, Dialect: p.Dialect, ClientKey: p.ClientKey, ChannelID: p.ChannelID,
		NotifyURL: p.NotifyShown(), Standing: p.Standing, Settings: p.Settings, Access: p.Access, CreatedAt: p.CreatedAt,
	}
	if k, err := snap.ParsePublicKey(p.PublicKey); err == nil {
		v.Key = snap.Fingerprint(k)
	}
	v.FormerSecretUntil, v.FormerKeyUntil = p.Former.SecretUntil, p.Former.KeyUntil
	if k, err := snap.ParsePublicKey(p.Former.PublicKey); err == nil {
		v.FormerKey = snap.Fingerprint(k)
	}
	return v
}

var partnerList = listing[pay.Partner, partnerView]{
	name: "partners", page: pay.Reader.PartnerPage, key: func(p pay.Partner) string { return p.ID },
	view: func(_ pay.Reader, p pay.Partner) (partnerView, error) { return viewPartner(p), nil },
}

func (a *API) listPartners(r *http.Request) (any, error) { return partnerList.answer(a, r) }

func (a *API) partner(r *http.Request) (pay.Partner, error) {
	p, err := a.core.Partner(r.Context(), r.PathValue("id"))
	if err != nil {
		return pay.Partner{}, err
	}
	return *p, nil
}

func (a *API) showPartner(r *http.Request) (any, error) {
	p, err := a.partner(r)
	return viewPartner(p), err
}

// addPartner makes a partner. Without a public key it also makes a key pair
// and answers with the private key, which is kept nowhere.
func (a *API) addPartner(r *http.Request) (any, error) {
	var in struct{ ID, Name, Dialect, ClientKey, ChannelID, PublicKey string }
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.desk.AddPartner(r.Context(), operate.NewPartner{
		ID: in.ID, Name: in.Name, Dialect: in.Dialect, ClientKey: in.ClientKey, ChannelID: in.ChannelID, PublicKey: in.PublicKey,
	})
}

// edited answers with a partner as it was changed.
func edited(p pay.Partner, err error) (any, error) { return viewPartner(p), err }

func (a *API) setPartnerStanding(r *http.Request) (any, error) {
	var in struct{ Standing pay.Standing }
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return edited(a.desk.SetStanding(r.Context(), r.PathValue("id"), in.Standing))
}

// setPartnerSettings lays the given settings over the partner's; the others
// stay.
func (a *API) setPartnerSettings(r *http.Request) (any, error) {
	lay, err := layer(r)
	if err != nil {
		return nil, err
	}
	return edited(a.desk.EditPartner(r.Context(), r.PathValue("id"), func(p *pay.Partner) error { return lay(&p.Settings) }))
}

// setAccess replaces from where a partner may call. Nothing in place of rules
// is refused: it would lift all of them.
func (a *API) setAccess(r *http.Request) (any, error) {
	var in *pay.AccessRules
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in == nil {
		return nil, &httpError{http.StatusBadRequest, "bad-request", "send the rules; {} demands nothing of the partner"}
	}
	rules, err := in.Tidy()
	if err != nil {
		return nil, err
	}
	return edited(a.desk.EditPartner(r.Context(), r.PathValue("id"), func(p *pay.Partner) error {
		p.Access = rules
		return nil
	}))
}

func (a *API) setNotify(r *http.Request) (any, error) {
	var in struct{ URL string }
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return edited(a.desk.SetNotify(r.Context(), r.PathValue("id"), in.URL))
}

func (a *API) setPartnerKey(r *http.Request) (any, error) {
	var in struct{ PublicKey, Overlap string }
	if err := read(r, &in); err != nil {
		return nil, err
	}
	overlap, err := a.desk.Lasting(in.Overlap)
	if err != nil {
		return nil, err
	}
	return edited(a.desk.SetKey(r.Context(), r.PathValue("id"), in.PublicKey, overlap))
}

// rotate draws a new secret and key pair and answers with them, once.
func (a *API) rotate(r *http.Request) (any, error) {
	overlap, err := a.readOverlap(r)
	if err != nil {
		return nil, err
	}
	return a.desk.Rotate(r.Context(), r.PathValue("id"), overlap)
}

func (a *API) readOverlap(r *http.Request) (time.Duration, error) {
	var in struct{ Overlap string }
	if err := read(r, &in); err != nil {
		return 0, err
	}
	return a.desk.Lasting(in.Overlap)
}

func (a *API) retire(r *http.Request) (any, error) {
	return edited(a.desk.Retire(r.Context(), r.PathValue("id")))
}
