package qrimage

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"rsc.io/qr/coding"
)

// matrix is the plain form of a grid, for rules written as the standard words them.
type matrix [][]bool

func randomMatrix(rng *rand.Rand, size int) matrix {
	m := make(matrix, size)
	for y := range m {
		m[y] = make([]bool, size)
		for x := range m[y] {
			// Neighbours often agree, so that long runs and blocks occur.
			m[y][x] = rng.IntN(2) == 0
			if x > 0 && rng.IntN(3) > 0 {
				m[y][x] = m[y][x-1]
			}
		}
	}
	return m
}

func (m matrix) line(i int, column bool) []bool {
	if !column {
		return m[i]
	}
	var l []bool
	for _, row := range m {
		l = append(l, row[i])
	}
	return l
}

func (m matrix) penalty() int {
	total, dark := 0, 0
	for i := range m {
		for _, column := range []bool{false, true} {
			total += runPenalty(m.line(i, column)) + finderPenalty(m.line(i, column))
		}
	}
	for y := range m {
		for x := range m {
			if m[y][x] {
				dark++
			}
			if x > 0 && y > 0 && m[y][x] == m[y-1][x] && m[y][x] == m[y][x-1] && m[y][x] == m[y-1][x-1] {
				total += 3
			}
		}
	}
	percent := 100 * float64(dark) / float64(len(m)*len(m))
	return total + 10*int(max(percent-50, 50-percent)/5)
}

func runPenalty(l []bool) (total int) {
	for i := 0; i < len(l); {
		start := i
		for i < len(l) && l[i] == l[start] {
			i++
		}
		if n := i - start; n >= 5 {
			total += 3 + n - 5
		}
	}
	return total
}

func finderPenalty(l []bool) (total int) {
	text := []byte("....")
	for _, dark := range l {
		if dark {
			text = append(text, '#')
		} else {
			text = append(text, '.')
		}
	}
	text = append(text, "...."...)
	for i := range text[:len(text)-10] {
		if s := string(text[i : i+11]); s == "....#.###.#" || s == "#.###.#...." {
			total += 40
		}
	}
	return total
}

// whole is the penalty of g as it is.
func (g grid) whole() int {
	none := grid{newPlane(g.upright.size), newPlane(g.upright.size)}
	return penalty(g, none, newPlane(g.upright.size), math.MaxInt)
}

func TestPenaltyIsTheStandards(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for version := 1; version <= 40; version++ {
		size := 17 + 4*version
		m := randomMatrix(rng, size)
		// Finder-like shapes at both ends and across the words of a line.
		for _, at := range []int{0, size - 7, size / 3, 60 % (size - 7)} {
			copy(m[at][at:], []bool{true, false, true, true, true, false, true})
		}
		g := gridOf(size, func(x, y int) bool { return m[y][x] })
		if got, want := g.whole(), m.penalty(); got != want {
			t.Errorf("version %d: penalty %d, want %d", version, got, want)
		}
	}
}

// A template reaches every mask by changes; the encoder's own symbol of that
// mask must be the same, and the chosen one no worse than any.
func TestMasksAreTheEncoders(t *testing.T) {
	for name, payload := range payloads(t) {
		c := new(canvas)
		version, _, err := c.fit(payload, coding.M)
		if err != nil {
			t.Fatal(err)
		}
		segments := theirs(c.segments)
		chosen, err := c.encode(payload, coding.M)
		if err != nil {
			t.Fatal(err)
		}
		least := gridOf(chosen.size(), func(x, y int) bool { return chosen.rows[y].dark(x) }).whole()
		found := false
		for mask := range masks {
			plan, err := coding.NewPlan(version, coding.M, coding.Mask(mask))
			if err != nil {
				t.Fatal(err)
			}
			code, err := plan.Encode(segments...)
			if err != nil {
				t.Fatal(err)
			}
			if penalty := gridOf(code.Size, code.Black).whole(); penalty < least {
				t.Errorf("%s: mask %d scores %d, the chosen one %d", name, mask, penalty, least)
			}
			found = found || same(chosen, code)
		}
		if !found {
			t.Errorf("%s: the symbol has no mask", name)
		}
	}
}

func same(s *symbol, code *coding.Code) bool {
	for y := range code.Size {
		for x := range code.Size {
			if s.rows[y].dark(x) != code.Black(x, y) {
				return false
			}
		}
	}
	return s.size() == code.Size
}

func TestSegments(t *testing.T) {
	for _, c := range []struct {
		text string
		want []coding.Encoding
	}{
		{"1", []coding.Encoding{coding.Num("1")}},
		{"A", []coding.Encoding{coding.Alpha("A")}},
		{"a", []coding.Encoding{coding.String("a")}},
		{"é", []coding.Encoding{coding.String("é")}},
		{"A1", []coding.Encoding{coding.Alpha("A1")}},
		{"a12", []coding.Encoding{coding.String("a12")}},
		{"a12345678", []coding.Encoding{coding.String("a"), coding.Num("12345678")}},
		{"ID.CO.QRIS.WWW021500000000000000000000", []coding.Encoding{coding.Alpha("ID.CO.QRIS.WWW"), coding.Num("021500000000000000000000")}},
		{"abcdeTOKO CONTOH60", []coding.Encoding{coding.String("abcde"), coding.Alpha("TOKO CONTOH60")}},
	} {
		runs, _ := divide(nil, nil, c.text, 0)
		if got := theirs(runs); !slices.Equal(got, c.want) {
			t.Errorf("divide(%q) = %v, want %v", c.text, got, c.want)
		}
	}
}

// theirs are segments in the form of an encoder that is not ours.
func theirs(segments []segment) (all []coding.Encoding) {
	for _, s := range segments {
		switch s.mode {
		case numeric:
			all = append(all, coding.Num(s.text))
		case alphanumeric:
			all = append(all, coding.Alpha(s.text))
		default:
			all = append(all, coding.String(s.text))
		}
	}
	return all
}

// No way to divide a short text takes fewer bits than divide's.
func TestSegmentsAreTheFewestBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for class, last := range classes {
		for range 40 {
			text := random(rng, 9) + "0123456789" + random(rng, 3)
			got := 0
			runs, _ := divide(nil, nil, text, class)
			for i, s := range runs {
				got += s.bits(class)
				if bits := theirs(runs)[i].Bits(last); s.bits(class) != bits {
					t.Errorf("class %d: %v counts %d bits of %d", class, s, s.bits(class), bits)
				}
			}
			if want := fewest(text, last, map[string]int{}); got != want {
				t.Errorf("class %d: %q takes %d bits, %d are enough", class, text, got, want)
			}
		}
	}
}

// fewest tries every first segment.
func fewest(text string, version coding.Version, known map[string]int) int {
	if text == "" {
		return 0
	}
	if n, ok := known[text]; ok {
		return n
	}
	best := never
	for end := 1; end <= len(text); end++ {
		for _, s := range []coding.Encoding{coding.Num(text[:end]), coding.Alpha(text[:end]), coding.String(text[:end])} {
			if s.Check() == nil {
				best = min(best, s.Bits(version)+fewest(text[end:], version, known))
			}
		}
	}
	known[text] = best
	return best
}

func TestQRISTakesFewModules(t *testing.T) {
	s, err := new(canvas).encode(dynamic, coding.M)
	if err != nil {
		t.Fatal(err)
	}
	if s.size() > 49 { // version 8; bytes throughout would need version 10
		t.Errorf("%d modules", s.size())
	}
}

// TestEveryVersion: symbols of every version and both levels in use are those
// of the other encoder.
func TestEveryVersion(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	c := new(canvas)
	for _, level := range []coding.Level{coding.L, coding.M} {
		for want := coding.Version(coding.MinVersion); want <= coding.MaxVersion; want++ {
			payload := filling(rng, want, level)
			version, _, err := c.fit(payload, level)
			if err != nil || version != want {
				t.Fatalf("version %d: %d bytes take version %d (%v)", want, len(payload), version, err)
			}
			segments := theirs(c.segments)
			s, err := c.encode(payload, level)
			if err != nil {
				t.Fatal(err)
			}
			if !isTheirs(t, s, want, segments) {
				t.Errorf("version %d, level %v: the symbol is not the other encoder's", want, level)
			}
		}
	}
}

// filling is a payload that fills a version or falls a little short of that.
func filling(rng *rand.Rand, version coding.Version, level coding.Level) string {
	c := new(canvas)
	payload := random(rng, version.DataBytes(level)-3)
	for {
		longer := payload + random(rng, 1+rng.IntN(int(version)))
		if v, _, err := c.fit(longer, level); err != nil || v > version {
			return payload
		}
		payload = longer
	}
}

// isTheirs reports whether a symbol is the other encoder's under some mask.
func isTheirs(t *testing.T, s *symbol, version coding.Version, segments []coding.Encoding) bool {
	for mask := range masks {
		plan, err := coding.NewPlan(version, s.level, coding.Mask(mask))
		if err != nil {
			t.Fatal(err)
		}
		code, err := plan.Encode(segments...)
		if err != nil {
			t.Fatal(err)
		}
		if same(s, code) {
			return true
		}
	}
	return false
}
