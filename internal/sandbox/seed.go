package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Credentials are what a client of the sandbox needs, as sandbox.json holds
// them.
type Credentials struct {
	PartnerID    string `json:"partnerId"`
	ClientKey    string `json:"clientKey"`
	ClientSecret string `json:"clientSecret"`
	PrivateKey   string `json:"privateKey"`
	PublicKey    string `json:"publicKey"`
	ChannelID    string `json:"channelId"`
	MerchantID   string `json:"merchantId"`
	StoreID      string `json:"storeId"`
	TerminalID   string `json:"terminalId"`
}

// Wallet is a payer of the sandbox.
type Wallet struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Dialect       string `json:"dialect"`
	CustomerToken string `json:"customerToken"`
	AuthCode      string `json:"authCode"`
	Balance       string `json:"balance"`
}

// File is sandbox.json: all that a client or a tool needs to use the sandbox.
type File struct {
	APIURL            string                 `json:"apiURL"`
	AdminURL          string                 `json:"adminURL"`
	AdminToken        string                 `json:"adminToken"`
	ProviderPublicKey string                 `json:"providerPublicKey"`
	Partners          map[string]Credentials `json:"partners"`
	Payers            []Wallet               `json:"payers"`
}

// party is what a dialect's sandbox starts with. Ids are those of the
// documents' own samples, so that a pasted sample works.
type party struct {
	dialect, partnerID, clientKey, channelID     string
	merchantID, storeID, terminalID, subMerchant string
	name, city, postal, mcc, criteria, nmid      string
	payer                                        string
}

var parties = []party{
	{"dana", "82150823919040624621823174737537", "", "95221", "00007100010926", "abcd", "213141251124", "310928924949487", "Toko Contoh Dana", "JAKARTA", "12190", "5411", "UKE", "ID1026000000012", "Budi Contoh"},
	{"qoin", "p00cb12g-w04q-42bb-l2de-e3enf4f487ce3", "qoin-sandbox", "98765", "QM0000000001", "S0001", "T0001", "", "Toko Contoh Qoin", "JAKARTA", "13210", "5812", "UME", "ID1026000000020", "Siti Contoh"},
	{"midtrans", "BMRI", "midtrans-sandbox", "12345", "00007100010926", "abcd", "213141251124", "", "Baso Contoh Midtrans", "BANDUNG", "40111", "5812", "UMI", "ID1026000000038", "Agus Contoh"},
	{"paydia", "35d1a1127182a65e4fe0256242a40a6d", "", "894", "240212001000000", "S0001", "T0001", "", "Toko Contoh Paydia", "PONOROGO", "63491", "7311", "UKE", "ID1026000000046", "Firman Contoh"},
	{"speedcash", "speedcash-sandbox", "", "95221", "121xxxx", "S0001", "T0001", "", "Toko Contoh Speedcash", "SURABAYA", "60111", "5814", "UBE", "ID1026000000053", "Dewi Contoh"},
	{"aspi", "aspi-sandbox", "", "95221", "M0000000001", "S0001", "T0001", "", "Toko Contoh SNAP", "YOGYAKARTA", "55111", "5999", "URE", "ID1026000000061", "Joko Contoh"},
}

// OutsidePayer pays from nowhere: its wallet is filled with what it pays.
const OutsidePayer = "outside"

// The money and the lives that a sandbox starts with.
const (
	seedBalance = 10_000_000
	seedLife    = 10 * 365 * 24 * time.Hour // customer tokens of sandbox.json outlive any test's clock
)

// Seed creates a partner, a merchant with a store, and a payer with money for
// each dialect, and gives their credentials. The institution of every account
// is the fictional 93600999, so that no code of a sandbox can reach a bank.
func Seed(ctx context.Context, core *pay.Core) (map[string]Credentials, []Wallet, error) {
	credentials := make(map[string]Credentials)
	var wallets []Wallet
	for i, p := range parties {
		c, err := NewCredentials(p.partnerID, p.clientKey, p.channelID)
		if err != nil {
			return nil, nil, err
		}
		c.MerchantID, c.StoreID, c.TerminalID = p.merchantID, p.storeID, p.terminalID
		if err := seedPartner(ctx, core, i+1, p, c); err != nil {
			return nil, nil, fmt.Errorf("seeding %s: %w", p.dialect, err)
		}
		credentials[p.dialect] = c
		w, err := seedPayer(ctx, core, p)
		if err != nil {
			return nil, nil, fmt.Errorf("seeding the payer of %s: %w", p.dialect, err)
		}
		wallets = append(wallets, w)
	}
	return credentials, wallets, seedOutside(ctx, core)
}

// Reseed is Seed with credentials and tokens that clients have already.
func Reseed(ctx context.Context, core *pay.Core, credentials map[string]Credentials, wallets []Wallet) error {
	for i, p := range parties {
		c, ok := credentials[p.dialect]
		if !ok {
			continue // of a program that did not have the dialect yet
		}
		if err := seedPartner(ctx, core, i+1, p, c); err != nil {
			return fmt.Errorf("seeding %s again: %w", p.dialect, err)
		}
		for _, w := range wallets {
			if w.Dialect != p.dialect {
				continue
			}
			if err := reseedPayer(ctx, core, p, w); err != nil {
				return fmt.Errorf("seeding the payer of %s again: %w", p.dialect, err)
			}
		}
	}
	return seedOutside(ctx, core)
}

func seedOutside(ctx context.Context, core *pay.Core) error {
	outside := pay.Payer{ID: OutsidePayer, Name: "Outside payer", Standing: pay.Active, CreatedAt: core.Now()}
	return core.AddPayer(ctx, outside, 0)
}

func seedPartner(ctx context.Context, core *pay.Core, number int, p party, c Credentials) error {
	now := core.Now()
	partner := pay.Partner{
		ID: c.PartnerID, Name: p.dialect + " sandbox", Dialect: p.dialect, ClientKey: c.ClientKey, ClientSecret: c.ClientSecret,
		PublicKey: c.PublicKey, ChannelID: c.ChannelID, Standing: pay.Active, CreatedAt: now,
	}
	if err := core.PutPartner(ctx, partner); err != nil {
		return err
	}
	merchant := pay.Merchant{
		PartnerID: partner.ID, ID: p.merchantID, Name: p.name, City: p.city, PostalCode: p.postal, MCC: p.mcc,
		Criteria: p.criteria, NMID: p.nmid, MPAN: fmt.Sprintf("93600999%010d", number), Standing: pay.Active, CreatedAt: now,
	}
	if err := core.PutMerchant(ctx, merchant); err != nil {
		return err
	}
	for kind, id := range map[pay.OutletKind]string{pay.Store: p.storeID, pay.Terminal: p.terminalID, pay.SubMerchant: p.subMerchant} {
		if id == "" {
			continue
		}
		o := pay.Outlet{PartnerID: partner.ID, MerchantID: merchant.ID, Kind: kind, ID: id, Standing: pay.Active}
		if err := core.PutOutlet(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// NewCredentials draws a secret and an RSA key pair for a partner. An empty
// client key is the partner's id.
func NewCredentials(partnerID, clientKey, channelID string) (Credentials, error) {
	if clientKey == "" {
		clientKey = partnerID
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return Credentials{}, fmt.Errorf("generating an RSA key: %w", err)
	}
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return Credentials{}, fmt.Errorf("drawing a secret: %w", err)
	}
	return Credentials{
		PartnerID: partnerID, ClientKey: clientKey, ClientSecret: hex.EncodeToString(secret[:]), ChannelID: channelID,
		PrivateKey: snap.MarshalPrivateKey(private), PublicKey: snap.MarshalPublicKey(&private.PublicKey),
	}, nil
}

// PayerOf is the id of the payer that a dialect's sandbox starts with.
func PayerOf(dialectName string) string { return "payer-" + dialectName }

func seedPayer(ctx context.Context, core *pay.Core, p party) (Wallet, error) {
	payer, err := addSeedPayer(ctx, core, p)
	if err != nil {
		return Wallet{}, err
	}
	partner, err := core.Partner(ctx, p.partnerID)
	if err != nil {
		return Wallet{}, err
	}
	token, err := core.IssueCustomer(ctx, partner, payer.ID, seedLife)
	if err != nil {
		return Wallet{}, err
	}
	consent, err := core.Authorize(ctx, partner, payer.ID)
	if err != nil {
		return Wallet{}, err
	}
	return Wallet{
		ID: payer.ID, Name: payer.Name, Dialect: p.dialect, CustomerToken: token.Text, AuthCode: consent.Text,
		Balance: pay.Rp(seedBalance).String(),
	}, nil
}

func addSeedPayer(ctx context.Context, core *pay.Core, p party) (pay.Payer, error) {
	payer := pay.Payer{ID: PayerOf(p.dialect), Name: p.payer, Standing: pay.Active, CreatedAt: core.Now()}
	return payer, core.AddPayer(ctx, payer, pay.Rp(seedBalance))
}

func reseedPayer(ctx context.Context, core *pay.Core, p party, w Wallet) error {
	payer, err := addSeedPayer(ctx, core, p)
	if err != nil {
		return err
	}
	if _, err := core.Grant(ctx, pay.TokenCustomer, p.partnerID, payer.ID, w.CustomerToken, seedLife); err != nil {
		return err
	}
	_, err = core.Grant(ctx, pay.TokenAuthCode, p.partnerID, payer.ID, w.AuthCode, pay.AuthCodeLife)
	return err
}
