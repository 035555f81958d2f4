package pay

import (
	"slices"
	"time"
)

// Standing says whether a party may do business.
type Standing string

// The standings. Each kind of party uses those that make sense for it.
const (
	Active      Standing = "active"
	Inactive    Standing = "inactive"
	Suspended   Standing = "suspended"
	Blacklisted Standing = "blacklisted"
	Dormant     Standing = "dormant"
	Blocked     Standing = "blocked"
)

// Partner calls the API. ID is its X-PARTNER-ID, ClientKey its X-CLIENT-KEY.
type Partner struct {
	ID           string
	Name         string
	Dialect      string
	ClientKey    string
	ClientSecret string // key of symmetric signatures, as text
	PublicKey    string // PEM, verifies the partner's asymmetric signatures
	ChannelID    string
	NotifyURL    string
	Standing     Standing
	Settings     PartnerSettings
	Former       Former
	Access       AccessRules
	CreatedAt    time.Time
}

// PartnerSettings are the optional parts of a partner's agreement.
type PartnerSettings struct {
	URLOnly       bool          `json:"urlOnly,omitempty"`       // leave the QR image to qrUrl, do not embed it
	StrictHeaders bool          `json:"strictHeaders,omitempty"` // documented lengths of X-EXTERNAL-ID and CHANNEL-ID refuse
	TokenLife     time.Duration `json:"tokenLife,omitempty"`     // of B2B tokens; 0: the dialect's
	CustomerLife  time.Duration `json:"customerLife,omitempty"`  // of customer tokens; 0: the dialect's
	RatePerSecond float64       `json:"ratePerSecond,omitempty"` // 0: the server's default
	Refunds       RefundPolicy  `json:"refunds,omitzero"`
	MaxTerminals  int           `json:"maxTerminals,omitempty"` // registered by the API, a merchant; 0: the dialect's
	Denied        []string      `json:"denied,omitempty"`       // operations outside the agreement, for example "generate"
}

// Allows reports whether the agreement includes an operation.
func (p *Partner) Allows(operation string) bool {
	return !slices.Contains(p.Settings.Denied, operation)
}

// Merchant is paid. ID is unique within its partner.
type Merchant struct {
	PartnerID   string
	ID          string
	Name        string // at most 25 characters reach the payload
	City        string
	PostalCode  string
	MCC         string // ISO 18245
	Criteria    string // UMI, UKE, UME, UBE, URE, PSO, BLU
	Category    string // special MDR class, for example "education"; empty for none
	NMID        string
	MPAN        string // 18 digits as printed in the payload
	Standing    Standing
	DayLimit    Rupiah // of payments in a Jakarta day; 0 for none
	MaxAmount   Rupiah // of one transaction; 0: the server's limit
	DynamicOnly bool   // static codes are not part of the agreement
	NotifyURL   string // where to notify of its payments; empty: the partner's address
	CreatedAt   time.Time
}

// Outlet is a store, a terminal or a division of a merchant: a name that
// requests may carry and codes are labelled with.
type Outlet struct {
	PartnerID  string
	MerchantID string
	Kind       OutletKind
	ID         string
	Standing   Standing
}

// OutletKind tells what an outlet is.
type OutletKind string

// The kinds of outlet.
const (
	Store       OutletKind = "store"
	Terminal    OutletKind = "terminal"
	SubMerchant OutletKind = "sub-merchant"
)

// Payer pays. Balance is kept equal to the sum of the postings of its wallet.
type Payer struct {
	ID         string
	Name       string
	Standing   Standing
	Balance    Rupiah
	DayLimit   Rupiah // of payments in a Jakarta day; 0 for none
	MonthLimit Rupiah // of payments in a Jakarta month; 0 for none
	CreatedAt  time.Time
}

// mayPay refuses a payer whose standing is not active.
func (p Payer) mayPay() error {
	switch p.Standing {
	case Active:
		return nil
	case Dormant:
		return Refuse(PayerDormant, "the payer's account is dormant")
	default:
		return Refuse(PayerBlocked, "the payer's account is "+string(p.Standing))
	}
}
