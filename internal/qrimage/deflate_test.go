package qrimage

import (
	"bytes"
	"compress/zlib"
	"container/heap"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestCodes: whatever occurs, each symbol that does has a code, no code begins
// another, none is left over, and all together take hardly more than Huffman's.
func TestCodes(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, c := range []struct{ symbols, limit int }{{lengthCodes, 15}, {lengthKinds, 7}} {
		for range 300 {
			counts := randomCounts(rng, c.symbols)
			codes := make([]code, c.symbols)
			assign(nil, counts, codes, c.limit)
			var taken, cost int
			for symbol, code := range codes {
				if (counts[symbol] > 0) != (code.bits > 0) || int(code.bits) > c.limit {
					t.Fatalf("%d times, a code of %d bits", counts[symbol], code.bits)
				}
				if code.bits > 0 {
					taken += 1 << c.limit >> code.bits
				}
				cost += counts[symbol] * int(code.bits)
			}
			if taken != 1<<c.limit {
				t.Fatalf("%v takes %d of %d", codes, taken, 1<<c.limit)
			}
			if s := begins(codes); s != "" {
				t.Fatal(s)
			}
			if least := huffman(counts); c.limit == 15 && cost*100 > least*105 {
				t.Errorf("%v takes %d bits, Huffman's %d", counts, cost, least)
			}
		}
	}
}

// randomCounts has two at least, of any size from 1 to a million.
func randomCounts(rng *rand.Rand, symbols int) []int {
	counts := make([]int, symbols)
	for _, symbol := range rng.Perm(symbols)[:2+rng.IntN(symbols-1)] {
		counts[symbol] = 1 + rng.IntN(1<<rng.IntN(21))
	}
	return counts
}

// begins tells of a code that another one begins with.
func begins(codes []code) string {
	for i, a := range codes {
		for j, b := range codes {
			if i != j && a.bits > 0 && a.bits <= b.bits && b.value&(1<<a.bits-1) == a.value {
				return fmt.Sprintf("symbol %d has %0*b, symbol %d %0*b", i, a.bits, a.value, j, b.bits, b.value)
			}
		}
	}
	return ""
}

type sums []int

func (s sums) Len() int           { return len(s) }
func (s sums) Less(i, j int) bool { return s[i] < s[j] }
func (s sums) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *sums) Push(n any)        { *s = append(*s, n.(int)) }
func (s *sums) Pop() any {
	n := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return n
}

// huffman is the fewest bits that codes of any length can take: of all that is
// left the two rarest are joined, and each joining costs a bit.
func huffman(counts []int) (cost int) {
	left := sums(slices.DeleteFunc(slices.Clone(counts), func(n int) bool { return n == 0 }))
	heap.Init(&left)
	for len(left) > 1 {
		both := heap.Pop(&left).(int) + heap.Pop(&left).(int)
		cost += both
		heap.Push(&left, both)
	}
	return cost
}

// TestParts holds lengths and distances against the tables of RFC 1951, 3.2.5.
func TestParts(t *testing.T) {
	extraOfLengths := []int{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5}
	check := func(kind string, n, symbol, at, extra int, got part) {
		if want := (part{symbol, uint(n - at), extra}); got != want {
			t.Errorf("%s %d is %v, want %v", kind, n, got, want)
		}
	}
	n := shortest
	for i, extra := range extraOfLengths {
		for at := n; n < at+1<<extra && n < longest; n++ {
			check("length", n, 257+i, at, extra, length(n))
		}
	}
	check("length", longest, 285, longest, 0, length(longest))
	n = 1
	for symbol := range 30 {
		extra := max(0, symbol/2-1)
		for at := n; n < at+1<<extra; n++ {
			check("distance", n, symbol, at, extra, offset(n))
		}
	}
	if n != 32769 {
		t.Errorf("the table of distances ends at %d", n)
	}
}

// TestPieces: matches cover what they are to, each as long as one may be.
func TestPieces(t *testing.T) {
	for n := shortest; n < 2000; n++ {
		for left := n; left > 0; left -= piece(left) {
			if p := piece(left); p < shortest || p > min(left, longest) {
				t.Fatalf("of %d bytes, %d left, the next match copies %d", n, left, p)
			}
		}
	}
}

// TestZlib: the standard library reads what is compressed as what was there,
// checksum and all, for rows of any bytes and of any width.
func TestZlib(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	var d deflater
	for range 300 {
		s := scanlines{side: 23 + rng.IntN(190), scale: 1 + rng.IntN(mostScale)}
		values := 1 + rng.IntN(1<<rng.IntN(9))
		var want []byte
		for range 1 + rng.IntN(60) {
			row := make([]byte, s.stride())
			for i := range row {
				row[i] = byte(rng.IntN(values) * 251)
			}
			s.bytes, s.times = append(s.bytes, row...), append(s.times, 1+rng.IntN(40))
			want = append(want, bytes.Repeat(row, s.times[len(s.times)-1])...)
		}
		file := bytes.NewReader(d.zlib(nil, &s))
		r, err := zlib.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, want) || file.Len() > 0 {
			t.Fatalf("%d modules at scale %d, %d values: %d bytes of %d, %d left, %v", s.side, s.scale, values, len(got), len(want), file.Len(), err)
		}
	}
}

// TestBitstream: what is written comes out in order, the lowest bit first.
func TestBitstream(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	var s bitstream
	var want []byte
	for range 1000 {
		n := rng.IntN(17)
		v := rng.Uint32() & (1<<n - 1)
		s.write(uint(v), n)
		for bit := range n {
			want = append(want, byte(v>>bit&1))
		}
	}
	out := s.flush()
	for i, bit := range want {
		if out[i/8]>>(i%8)&1 != bit {
			t.Fatalf("bit %d is another one", i)
		}
	}
	if all := (len(want) + 7) / 8; len(out) != all || bits.LeadingZeros8(out[all-1]) < (8-len(want)%8)%8 {
		t.Errorf("%d bytes hold %d bits, the last %b", len(out), len(want), out[all-1])
	}
}
