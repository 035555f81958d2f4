package cli

import (
	"cmp"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/doctor"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

// doctorFlags are what its caller knows of the partner and of the API.
type doctorFlags struct {
	booksFlags
	keyFlags
	secret, secretFile, publicKey, privateKey string
	partnerID, clientKey, token               string
	dialect, scheme                           string
	previousSecrets, previousKeys             []string // files
	previousTokens                            []string
	json                                      bool
}

func doctorCommand() *cobra.Command {
	var f doctorFlags
	c := &cobra.Command{
		Use:   "doctor FILE...",
		Short: "Say why a request's signature is refused",
		Long: `Read saved HTTP requests, as they went over the wire, and say what is wrong with
their signatures: it searches for what each signature does match, over the ways
in which clients get body, hash, path, token, time, key, algorithm and encoding
wrong. FILE - is standard input. Nothing is sent anywhere.

The keys are given by flags, or looked up in a sandbox's data folder or a store
by the request's X-CLIENT-KEY or X-PARTNER-ID. The exit code is 0 if every
signature is right.`,
		Example: `  qrisd doctor --secret-file secret.txt request.txt
  qrisd doctor --data qrisd-data request.txt
  qrisd doctor --scheme asymmetric --public-key public.pem --json -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	f.bind(c)
	return c
}

func (f *doctorFlags) bind(c *cobra.Command) {
	s := c.Flags()
	s.StringVar(&f.secret, "secret", "", "client secret; others on this machine can see it, prefer --secret-file")
	s.StringVar(&f.secretFile, "secret-file", "", "file of the client secret")
	s.StringVar(&f.publicKey, "public-key", "", "file of the client's RSA public key or certificate")
	s.StringVar(&f.privateKey, "key", "", "file of the client's RSA private key, instead of the public one")
	s.StringVar(&f.partnerID, "partner-id", "", "partner's id (default: the request's X-PARTNER-ID)")
	s.StringVar(&f.clientKey, "client-key", "", "partner's client key (default: the request's X-CLIENT-KEY)")
	s.StringVar(&f.token, "token", "", "B2B access token, where the saved request does not show it")
	s.StringArrayVar(&f.previousTokens, "previous-token", nil, "B2B access token of before (may be repeated)")
	s.StringArrayVar(&f.previousSecrets, "previous-secret-file", nil, "file of a client secret of before (may be repeated)")
	s.StringArrayVar(&f.previousKeys, "previous-public-key", nil, "file of a public key of before (may be repeated)")
	s.StringVar(&f.dialect, "dialect", "", "whose API it is, where several have the path")
	s.StringVar(&f.scheme, "scheme", "", "scheme that the API takes (default: that of the path): "+schemeNames())
	s.BoolVar(&f.json, "json", false, "print the diagnoses as JSON")
	f.booksFlags.bind(c)
	f.bindKey(s)
}

// errNotRight tells scripts that some signature is not right; what is wrong was
// printed.
var errNotRight = errors.New("doctor: the signature is not right")

func (f *doctorFlags) run(c *cobra.Command, files []string) error {
	cases, err := f.cases(c)
	if err != nil {
		return fmt.Errorf("doctor: %w", err)
	}
	refused := false
	for _, name := range files {
		d, err := f.examine(c, name, cases)
		if err != nil {
			return fmt.Errorf("doctor: %s: %w", name, err)
		}
		if len(files) > 1 && !f.json {
			fmt.Fprintln(c.OutOrStdout(), name+":")
		}
		if err := f.print(c.OutOrStdout(), name, &d); err != nil {
			return err
		}
		refused = refused || !d.Right()
	}
	if refused {
		return errNotRight
	}
	return nil
}

// records are the partners in whose name requests may come.
type records struct {
	partners []pay.Partner
	private  map[string]string // keys by partner, of a sandbox's file
}

// cases looks the partners up, if a place was named.
func (f *doctorFlags) cases(c *cobra.Command) (records, error) {
	if c.Flags().Changed("data") && !c.Flags().Changed("store") {
		text, err := os.ReadFile(filepath.Join(f.data, "sandbox.json"))
		if err == nil {
			return sandboxRecords(text)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return records{}, err
		}
	}
	if !c.Flags().Changed("data") && !c.Flags().Changed("store") {
		return records{}, nil
	}
	return f.storedRecords(c.Context())
}

func sandboxRecords(text []byte) (records, error) {
	var file sandbox.File
	if err := json.Unmarshal(text, &file); err != nil {
		return records{}, fmt.Errorf("reading sandbox.json: %w", err)
	}
	all := records{private: make(map[string]string)}
	for name, p := range file.Partners {
		all.private[p.PartnerID] = p.PrivateKey
		all.partners = append(all.partners, pay.Partner{
			ID: p.PartnerID, Name: name, Dialect: name, ClientKey: p.ClientKey, ClientSecret: p.ClientSecret, PublicKey: p.PublicKey,
		})
	}
	slices.SortFunc(all.partners, func(a, b pay.Partner) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// storedRecords reads a store beside the servers that use it.
func (f *doctorFlags) storedRecords(ctx context.Context) (all records, err error) {
	keys, err := f.keys(f.data, f.location(), false)
	if err == nil {
		err = storage.Read(ctx, f.location(), func(s *storage.Snapshot) (err error) {
			all.partners, err = s.PartnersOf(ctx, keys)
			return err
		})
	}
	if err != nil {
		return all, fmt.Errorf("looking the partner up: %w", err)
	}
	return all, nil
}

func (f *doctorFlags) examine(c *cobra.Command, name string, all records) (doctor.Diagnosis, error) {
	raw, err := readInput(c, name)
	if err != nil {
		return doctor.Diagnosis{}, err
	}
	r, err := doctor.ReadRequest(raw)
	if err != nil {
		return doctor.Diagnosis{}, err
	}
	if f.token != "" {
		r.Headers = slices.DeleteFunc(r.Headers, func(h doctor.Header) bool { return strings.EqualFold(h.Name, snap.HeaderAuthorization) })
		r.Headers = append(r.Headers, doctor.Header{Name: snap.HeaderAuthorization, Value: "Bearer " + f.token})
	}
	k, err := f.known(&r, all)
	if err != nil {
		return doctor.Diagnosis{}, err
	}
	return doctor.Examine(c.Context(), r, k), nil
}

// known puts together what the path, the records and the flags tell.
func (f *doctorFlags) known(r *doctor.Request, all records) (doctor.Known, error) {
	p := all.find(cmp.Or(f.clientKey, r.Get(snap.HeaderClientKey)), cmp.Or(f.partnerID, r.Get(snap.HeaderPartnerID)))
	if p == nil && len(all.partners) > 0 {
		return doctor.Known{}, errors.New("no partner has the request's X-CLIENT-KEY or X-PARTNER-ID: give --partner-id")
	}
	k, err := f.called(r, p)
	if err != nil {
		return k, err
	}
	for _, o := range all.partners {
		if p != nil && o.ID != p.ID {
			party := doctor.Party{Name: o.ID, Secret: o.ClientSecret}
			if key, err := snap.ParsePublicKey(o.PublicKey); err == nil {
				party.PublicKey = key
			}
			k.Others = append(k.Others, party)
		}
	}
	if p != nil {
		k.PrivateKey = all.private[p.ID]
	}
	return k, f.given(&k)
}

func (all *records) find(clientKey, partnerID string) *pay.Partner {
	for i := range all.partners {
		p := &all.partners[i]
		if clientKey != "" && p.ClientKey == clientKey || partnerID != "" && (p.ID == partnerID || p.ClientKey == partnerID) {
			return p
		}
	}
	return nil
}

// called finds the API by its path, and which paths may be signed there.
func (f *doctorFlags) called(r *doctor.Request, p *pay.Partner) (doctor.Known, error) {
	bare, _, _ := strings.Cut(r.Target, "?")
	bearer := r.Get(snap.HeaderAuthorization) != ""
	k := doctor.Known{Paths: []string{bare}}
	want := f.dialect
	if want == "" && p != nil {
		want = p.Dialect
	}
	d, op, mounted := apiAt(bare, want)
	switch {
	case op != nil:
		k = doctor.Expect(d, op, p, bearer)
		k.Paths = []string{bare, strings.TrimPrefix(bare, mounted), strings.TrimPrefix(strings.TrimPrefix(bare, mounted), d.Unsigned)}
	case p != nil:
		k.PartnerID, k.ClientKey, k.Secret = p.ID, p.ClientKey, p.ClientSecret
	}
	if f.scheme == "" {
		return k, nil
	}
	scheme, ok := schemes[f.scheme]
	if !ok {
		return k, fmt.Errorf("there is no scheme %q; choose one of %s", f.scheme, schemeNames())
	}
	k.Schemes = []snap.Scheme{scheme}
	return k, nil
}

// apiAt finds the operation at a path, with the prefix of its mount; that of a
// dialect by name where several have it.
func apiAt(path, name string) (found *dialect.Dialect, op *dialect.Operation, mounted string) {
	all := dialects()
	for i := range all {
		d := &all[i]
		for j := range d.Operations {
			for _, prefix := range []string{"", "/" + d.Name} {
				at, ok := strings.CutPrefix(path, prefix)
				if ok && slices.Contains(d.Operations[j].Paths, at) && (op == nil || d.Name == name) {
					found, op, mounted = d, &d.Operations[j], prefix
				}
			}
		}
	}
	return found, op, mounted
}

// given lets the flags go before what was looked up.
func (f *doctorFlags) given(k *doctor.Known) (err error) {
	m := messageFlags{scheme: "symmetric", secret: f.secret, secretFile: f.secretFile, key: f.privateKey}
	if f.secret != "" || f.secretFile != "" {
		if k.Secret, err = m.clientSecret(); err != nil {
			return err
		}
	}
	if f.publicKey != "" || f.privateKey != "" {
		if k.PublicKey, err = m.verifyingKey(f.publicKey); err != nil {
			return err
		}
	}
	if f.privateKey != "" {
		text, err := os.ReadFile(f.privateKey)
		if err != nil {
			return fmt.Errorf("reading the private key: %w", err)
		}
		k.PrivateKey = string(text)
	}
	k.PartnerID, k.ClientKey = cmp.Or(f.partnerID, k.PartnerID), cmp.Or(f.clientKey, k.ClientKey)
	k.Tokens = append(k.Tokens, f.previousTokens...)
	return f.givenBefore(k)
}

func (f *doctorFlags) givenBefore(k *doctor.Known) error {
	for _, name := range f.previousSecrets {
		m := messageFlags{secretFile: name}
		secret, err := m.clientSecret()
		if err != nil {
			return err
		}
		k.Secrets = append(k.Secrets, secret)
	}
	for _, name := range f.previousKeys {
		var key *rsa.PublicKey
		key, err := (&messageFlags{}).verifyingKey(name)
		if err != nil {
			return err
		}
		k.PublicKeys = append(k.PublicKeys, key)
	}
	return nil
}

// diagnosed is a diagnosis as --json prints it.
type diagnosed struct {
	File       string            `json:"file"`
	Right      bool              `json:"right"`
	Sentence   string            `json:"sentence"`
	Kalimat    string            `json:"kalimat"`
	Mistakes   []string          `json:"mistakes"`
	Facts      map[string]string `json:"facts"`
	Candidates int               `json:"candidates"`
}

func (f *doctorFlags) print(w io.Writer, name string, d *doctor.Diagnosis) error {
	if !f.json {
		fmt.Fprintln(w, d.Line())
		fmt.Fprintln(w, d.Kalimat())
		var pairs [][2]string
		for _, fact := range d.Facts {
			pairs = append(pairs, [2]string{fact.Name, fact.Value})
		}
		printPairs(w, pairs)
		return nil
	}
	v := diagnosed{name, d.Right(), d.Line(), d.Kalimat(), []string{}, make(map[string]string), d.Tried}
	for _, fact := range d.Facts {
		v.Facts[fact.Name] = fact.Value
	}
	if d.Match != nil {
		for _, m := range d.Match.Mistakes {
			v.Mistakes = append(v.Mistakes, m.String())
		}
	}
	return printJSON(w, v)
}
