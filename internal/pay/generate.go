package pay

import (
	"context"
	"errors"
	"time"

	"github.com/qrisd/qrisd/qris"
)

// GenerateRequest asks for a code. A zero Amount asks for a static code.
type GenerateRequest struct {
	Partner     *Partner
	PartnerRef  string // empty: our reference serves as the partner's
	MerchantID  string // empty: the partner's first merchant
	SubMerchant string
	StoreID     string
	TerminalID  string
	Amount      Rupiah
	Fee         Rupiah
	ExpiresAt   time.Time // zero: never
	CallbackURL string    // where to notify; empty: the partner's address
	Echo        string
	Marks       []Mark
	// KnownSubMerchant refuses a SubMerchant that is not registered.
	KnownSubMerchant bool
	// AnyAmount lifts the transaction limit; only a sandbox sets it.
	AnyAmount bool
}

// Generate makes a code with a real QRIS payload. It refuses unknown,
// inactive, suspended and blacklisted merchants, closed outlets, amounts over
// the limits, and answers *Repeated when a mark exists.
func (c *Core) Generate(ctx context.Context, req GenerateRequest) (Code, error) {
	merchant, err := c.planGenerate(ctx, req)
	if err != nil {
		return Code{}, c.firstRepeat(ctx, req.Marks, err)
	}
	var code Code
	err = retry(func() (err error) {
		if code, err = c.newCode(req, merchant); err != nil {
			return err
		}
		return c.store.Update(ctx, func(tx Tx) error { return insertCode(tx, code, merchant, req.Marks) })
	})
	if err == nil {
		c.publish(ofCode(EventCodeCreated, code))
	}
	return code, err
}

// planGenerate checks all that needs no transaction.
func (c *Core) planGenerate(ctx context.Context, req GenerateRequest) (*Merchant, error) {
	merchant, err := c.merchantFor(ctx, req.Partner.ID, req.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := c.checkOutlets(ctx, merchant, req); err != nil {
		return nil, err
	}
	if req.Amount == 0 && merchant.DynamicOnly {
		return nil, Refuse(NotPermitted, "the merchant's agreement has no static codes: send an amount")
	}
	if !req.AnyAmount {
		return merchant, c.checkAmount(merchant, req.Amount)
	}
	return merchant, nil
}

// merchantFor finds the merchant of a request and checks its standing.
func (c *Core) merchantFor(ctx context.Context, partnerID, id string) (*Merchant, error) {
	var merchant *Merchant
	var err error
	if id == "" {
		merchant, err = c.firstMerchant(ctx, partnerID)
	} else {
		merchant, err = c.Merchant(ctx, partnerID, id)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, RefuseField(MerchantUnknown, "merchantId", "this partner has no such merchant")
	}
	if err != nil {
		return nil, err
	}
	return merchant, merchant.MayTrade()
}

// MayTrade refuses a merchant whose standing is not active.
func (m *Merchant) MayTrade() error {
	switch m.Standing {
	case Active:
		return nil
	case Suspended:
		return Refuse(MerchantSuspended, "the merchant is suspended")
	case Blacklisted:
		return Refuse(MerchantBlacklisted, "the merchant is blacklisted")
	default:
		return Refuse(MerchantInactive, "the merchant is "+string(m.Standing))
	}
}

// checkOutlets refuses outlets that were closed. Those that were never
// registered are the merchant's own names, except where they must be known.
func (c *Core) checkOutlets(ctx context.Context, m *Merchant, req GenerateRequest) error {
	for _, o := range [...]struct {
		kind   OutletKind
		id     string
		known  bool
		closed *Error
	}{
		{SubMerchant, req.SubMerchant, req.KnownSubMerchant, errClosedDivision},
		{Store, req.StoreID, false, errClosedStore},
		{Terminal, req.TerminalID, false, errWithdrawn},
	} {
		if o.id == "" {
			continue
		}
		outlet, err := c.outlet(ctx, m, o.kind, o.id)
		switch {
		case err != nil:
			return err
		case outlet == nil && o.known:
			return RefuseField(MerchantUnknown, o.closed.Field, "no such division is registered for the merchant")
		case outlet != nil && outlet.Standing != Active:
			return o.closed
		}
	}
	return nil
}

var (
	errClosedDivision = RefuseField(SubMerchantInactive, "subMerchantId", "the division is not active")
	errClosedStore    = RefuseField(SubMerchantInactive, "storeId", "the store is not active")
	errWithdrawn      = RefuseField(TerminalUnknown, "terminalId", "the terminal was withdrawn")
)

func (c *Core) checkAmount(m *Merchant, amount Rupiah) error {
	limit := c.policy.MaxAmount
	if m != nil && m.MaxAmount > 0 {
		limit = m.MaxAmount
	}
	if amount > limit {
		return RefuseField(OverTransactionMax, "amount", "at most "+limit.String()+" a transaction")
	}
	return nil
}

func (c *Core) newCode(req GenerateRequest, m *Merchant) (Code, error) {
	now := c.Now()
	ref, err := c.newRef(now)
	if err != nil {
		return Code{}, err
	}
	id, err := c.newID()
	if err != nil {
		return Code{}, err
	}
	payload, err := qris.Encode(spec(req, m, ref))
	if err != nil {
		return Code{}, &Error{Kind: Internal, Detail: "encoding the payload of merchant " + m.ID, Cause: err}
	}
	partnerRef := req.PartnerRef
	if partnerRef == "" {
		partnerRef = ref // the answer must name one, and later requests may
	}
	return Code{
		ID: id, Ref: ref,
		PartnerID: m.PartnerID, PartnerRef: partnerRef,
		MerchantID: m.ID, MerchantName: qris.Shorten(m.Name, nameMax),
		SubMerchant: req.SubMerchant, StoreID: req.StoreID, TerminalID: req.TerminalID,
		Amount: req.Amount, Fee: req.Fee,
		Payload: payload, State: CodeActive,
		CreatedAt: now, ExpiresAt: req.ExpiresAt.UTC(), CallbackURL: req.CallbackURL, Echo: req.Echo,
	}, nil
}

// GUID is the reverse domain in the merchant account template (tag 26).
const GUID = "ID.CO.QRISD.WWW"

// noTerminal is the terminal label that payloads without a terminal carry in
// practice.
const noTerminal = "A01"

// The longest texts of tags 59, 60 and 62.07 (EMVCo QRCPS-MPM).
const nameMax, cityMax, labelMax = 25, 15, 25

func spec(req GenerateRequest, m *Merchant, ref string) qris.Spec {
	terminal := qris.Shorten(req.TerminalID, labelMax)
	if terminal == "" {
		terminal = noTerminal
	}
	return qris.Spec{
		GUID: GUID, MPAN: m.MPAN, MerchantID: acquirerID(m.MPAN), Criteria: m.Criteria, NMID: m.NMID,
		MCC: m.MCC, Name: qris.Shorten(m.Name, nameMax), City: qris.Shorten(m.City, cityMax), PostalCode: m.PostalCode,
		Static: req.Amount == 0, Amount: int64(req.Amount),
		ReferenceLabel: ref, TerminalLabel: terminal,
	}
}

// acquirerID is the merchant's number at the acquirer (tag 26.02, at most 15
// characters): the part of the MPAN behind the institution's NNS.
func acquirerID(mpan string) string {
	if len(mpan) <= 8 {
		return mpan
	}
	return mpan[8:]
}

func insertCode(tx Tx, code Code, m *Merchant, marks []Mark) error {
	if err := remember(tx, marks, code.Ref); err != nil {
		return err
	}
	if err := checkMerchantDay(tx, m, code.Amount, Day(code.CreatedAt)); err != nil {
		return err
	}
	err := tx.InsertCode(code, Day(code.CreatedAt))
	if errors.Is(err, ErrExists) {
		return errRefTaken
	}
	return err
}

func checkMerchantDay(tx Tx, m *Merchant, amount Rupiah, day string) error {
	if m.DayLimit == 0 {
		return nil
	}
	paid, err := tx.PaidToMerchant(m.PartnerID, m.ID, day)
	if err != nil {
		return err
	}
	if paid+amount > m.DayLimit {
		return RefuseField(OverMerchantLimit, "amount", "the merchant's day limit is "+m.DayLimit.String()+", of which "+paid.String()+" is used")
	}
	return nil
}

// Code reads a partner's code by its reference.
func (c *Core) Code(ctx context.Context, ref string) (Code, error) {
	var code Code
	err := c.store.View(ctx, func(r Reader) (err error) {
		code, err = r.Code(ref)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return Code{}, Refuse(CodeUnknown, "no code has this reference")
	}
	return code, err
}
