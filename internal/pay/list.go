package pay

import (
	"context"
	"errors"
	"math"
	"time"
)

// ListRequest asks for the codes that a merchant generated on a date.
type ListRequest struct {
	Partner    *Partner
	MerchantID string
	Day        string // Jakarta date
	Behind     string // Ref of the code that the list comes behind; empty: from the newest
	Limit      int    // of codes; 0: all of the date
	Marks      []Mark
}

// ListedCode is what a list tells of a code.
type ListedCode struct {
	Ref       string
	Amount    Rupiah // zero for a static code
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
}

// Static reports whether the payer enters the amount.
func (c ListedCode) Static() bool { return c.Amount == 0 }

// listPage is how many codes of a list are read at a time: what a list holds in
// memory, some 100 bytes each.
const listPage = 1000

// Listing is a list of which the first codes were read. Each page is a snapshot
// of its own, so that a client who reads slowly keeps none standing. The list is
// whole all the same: a code never goes away nor changes its place, and one that
// is generated meanwhile comes before the first.
type Listing struct {
	store      Storage
	request    ListRequest
	merchantID string
	page       []ListedCode // read, and not given yet
	last       ListedCode   // that was read
	left       int          // codes that may still be read
	next       string       // the last code, if the limit has left some behind it
}

// List begins a list of the merchant's codes of a Jakarta date, newest first. A
// date without codes is NothingOnDate, and so is a list behind the last of them;
// a Behind that is none of them is InvalidFormat. It answers *Repeated when a
// mark exists.
func (c *Core) List(ctx context.Context, req ListRequest) (*Listing, error) {
	l, err := c.listing(ctx, req)
	if err != nil {
		return nil, c.firstRepeat(ctx, req.Marks, err)
	}
	if len(req.Marks) > 0 {
		err = c.store.Update(ctx, func(tx Tx) error { return remember(tx, req.Marks, "") })
	}
	return l, err
}

func (c *Core) listing(ctx context.Context, req ListRequest) (*Listing, error) {
	merchant, err := c.merchantFor(ctx, req.Partner.ID, req.MerchantID)
	if err != nil {
		return nil, err
	}
	l := &Listing{store: c.store, request: req, merchantID: merchant.ID, left: req.Limit}
	if l.left == 0 {
		l.left = math.MaxInt
	}
	if err := l.seek(ctx); err != nil {
		return nil, err
	}
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	if len(l.page) == 0 {
		return nil, RefuseField(NothingOnDate, "dateGenerate", "no code was generated on "+req.Day)
	}
	return l, nil
}

// seek finds the code that the list comes behind.
func (l *Listing) seek(ctx context.Context) error {
	if l.request.Behind == "" {
		return nil
	}
	return l.store.View(ctx, func(r Reader) error {
		behind, err := r.Code(l.request.Behind)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if behind.PartnerID != l.request.Partner.ID || behind.MerchantID != l.merchantID || Day(behind.CreatedAt) != l.request.Day {
			return RefuseField(InvalidFormat, "behind", "it is none of the merchant's codes of this date")
		}
		l.last = ListedCode{Ref: behind.Ref, CreatedAt: behind.CreatedAt}
		return nil
	})
}

// read reads the next page, and at the limit one code more, which tells whether
// the date has any behind it.
func (l *Listing) read(ctx context.Context) error {
	l.page = l.page[:0]
	if l.left == 0 {
		return nil
	}
	behind, want := l.last, listPage
	if l.left <= listPage {
		want = l.left + 1
	}
	err := l.store.View(ctx, func(r Reader) error {
		l.page = l.page[:0]
		return r.CodesOn(l.request.Partner.ID, l.merchantID, l.request.Day, behind, want, func(c ListedCode) error {
			l.page = append(l.page, c)
			return nil
		})
	})
	if err != nil || len(l.page) == 0 {
		return err
	}
	more := len(l.page) > l.left
	l.page = l.page[:min(len(l.page), l.left)]
	l.left -= len(l.page)
	if l.last = l.page[len(l.page)-1]; more {
		l.next = l.last.Ref
	}
	return nil
}

// Each gives the codes in their order, once, and then the Ref behind which the
// list goes on where its limit has ended it. After an error the list is not
// whole.
func (l *Listing) Each(ctx context.Context, visit func(ListedCode) error) (next string, err error) {
	for len(l.page) > 0 {
		for _, code := range l.page {
			if err := visit(code); err != nil {
				return "", err
			}
		}
		if err := l.read(ctx); err != nil {
			return "", err
		}
	}
	return l.next, nil
}
