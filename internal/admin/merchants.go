package admin

import (
	"net/http"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
)

// merchantView is a merchant on the wire of the management API.
type merchantView struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	City        string       `json:"city"`
	PostalCode  string       `json:"postalCode"`
	MCC         string       `json:"mcc"`
	Criteria    string       `json:"criteria"`
	Category    string       `json:"category,omitempty"`
	NMID        string       `json:"nmid"`
	MPAN        string       `json:"mpan"`
	Standing    pay.Standing `json:"standing"`
	DayLimit    amount       `json:"dayLimit"`
	MaxAmount   amount       `json:"maxAmount"`
	DynamicOnly bool         `json:"dynamicOnly"`
	NotifyURL   string       `json:"notifyURL,omitempty"`
	Outlets     []outletView `json:"outlets,omitempty"`
	OutletsNext string       `json:"outletsNext,omitempty"` // what asks for the other outlets as from; empty: these are all
}

type outletView struct {
	Kind     pay.OutletKind `json:"kind"`
	ID       string         `json:"id"`
	Standing pay.Standing   `json:"standing"`
}

func viewMerchant(m pay.Merchant) merchantView {
	return merchantView{
		ID: m.ID, Name: m.Name, City: m.City, PostalCode: m.PostalCode, MCC: m.MCC, Criteria: m.Criteria,
		Category: m.Category, NMID: m.NMID, MPAN: m.MPAN, Standing: m.Standing,
		DayLimit: amount(m.DayLimit.String()), MaxAmount: amount(m.MaxAmount.String()), DynamicOnly: m.DynamicOnly, NotifyURL: m.NotifyShown(),
	}
}

// onto lays the view over a merchant.
func (v merchantView) onto(m *pay.Merchant) (err error) {
	m.ID, m.Name, m.City, m.PostalCode, m.MCC, m.Criteria = v.ID, v.Name, v.City, v.PostalCode, v.MCC, v.Criteria
	m.Category, m.NMID, m.MPAN, m.DynamicOnly, m.NotifyURL = v.Category, v.NMID, v.MPAN, v.DynamicOnly, v.NotifyURL
	if m.Standing = v.Standing; m.Standing == "" {
		m.Standing = pay.Active
	}
	if m.DayLimit, err = v.DayLimit.rupiah(); err != nil {
		return err
	}
	m.MaxAmount, err = v.MaxAmount.rupiah()
	return err
}

func (a *API) listMerchants(r *http.Request) (any, error) {
	return listing[pay.Merchant, merchantView]{
		name: "merchants", view: viewWhole, key: func(m pay.Merchant) string { return m.ID },
		page: func(reader pay.Reader, behind string, limit int) ([]pay.Merchant, error) {
			return reader.MerchantPage(r.PathValue("id"), behind, limit)
		},
	}.answer(a, r)
}

// outletsShown is how many outlets a merchant is shown with.
const outletsShown = 100

// viewWhole is a merchant with its outlets, the first of many.
func viewWhole(reader pay.Reader, m pay.Merchant) (merchantView, error) {
	v := viewMerchant(m)
	outlets, err := reader.OutletPage(m.PartnerID, m.ID, "", "", outletsShown+1)
	if len(outlets) > outletsShown {
		outlets = outlets[:outletsShown]
		v.OutletsNext = outletKey(outlets[outletsShown-1])
	}
	for _, o := range outlets {
		v.Outlets = append(v.Outlets, viewOutlet(o))
	}
	return v, err
}

func viewOutlet(o pay.Outlet) outletView { return outletView{o.Kind, o.ID, o.Standing} }

func outletKey(o pay.Outlet) string { return pair(string(o.Kind), o.ID) }

func (a *API) listOutlets(r *http.Request) (any, error) {
	partner, merchant := r.PathValue("id"), r.PathValue("mid")
	return listing[pay.Outlet, outletView]{
		name: "outlets", key: outletKey,
		view: func(_ pay.Reader, o pay.Outlet) (outletView, error) { return viewOutlet(o), nil },
		page: func(reader pay.Reader, behind string, limit int) ([]pay.Outlet, error) {
			if _, err := reader.Merchant(partner, merchant); err != nil {
				return nil, err
			}
			kind, id := paired(behind)
			return reader.OutletPage(partner, merchant, pay.OutletKind(kind), id, limit)
		},
	}.answer(a, r)
}

func (a *API) addMerchant(r *http.Request) (any, error) {
	m := pay.Merchant{PartnerID: r.PathValue("partner")}
	var in merchantView
	err := read(r, &in)
	if err == nil {
		err = in.onto(&m)
	}
	if err == nil {
		m, err = a.desk.AddMerchant(r.Context(), m)
	}
	return viewMerchant(m), err
}

// changeMerchant lays the given fields over the merchant; the others stay.
func (a *API) changeMerchant(r *http.Request) (any, error) {
	lay, err := layer(r)
	if err != nil {
		return nil, err
	}
	m, err := a.desk.EditMerchant(r.Context(), r.PathValue("id"), r.PathValue("mid"), func(m *pay.Merchant) error {
		in := viewMerchant(*m)
		if err := lay(&in); err != nil {
			return err
		}
		return in.onto(m)
	})
	return viewMerchant(m), err
}

func (a *API) putOutlet(r *http.Request) (any, error) {
	in := outletView{Kind: pay.OutletKind(r.PathValue("kind")), ID: r.PathValue("oid"), Standing: pay.Active}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if err := operate.Fits(in.Standing, operate.OutletStandings); err != nil {
		return nil, err
	}
	return in, a.core.PutOutlet(r.Context(), pay.Outlet{
		PartnerID: r.PathValue("id"), MerchantID: r.PathValue("mid"), Kind: in.Kind, ID: in.ID, Standing: in.Standing,
	})
}
