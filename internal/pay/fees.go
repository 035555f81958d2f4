package pay

// Fee is one row of the MDR table: from a date on, a share of the amount that
// the acquirer keeps from the merchant. Empty Criteria or Category match every
// merchant.
type Fee struct {
	Since       string // Jakarta date from which the row holds
	Category    string // special class by registration, for example "education"
	Criteria    string // UMI, UKE, UME, UBE, URE, PSO, BLU
	UpTo        Rupiah // the row holds for amounts up to this; 0 for all
	BasisPoints int64
}

// FeeTable is ordered: among the rows in force the first that matches counts,
// so later dates stand above earlier ones.
type FeeTable []Fee

// DefaultFees is the MDR as Bank Indonesia has announced it: the decision of
// 2023 (since 1 July 2023), the 0 % line for micro merchants of Rp 100,000
// (since 1 September 2023) and of Rp 500,000 (since 1 December 2024).
func DefaultFees() FeeTable {
	return FeeTable{
		{Since: "2019-01-01", Category: "education", BasisPoints: 60},
		{Since: "2019-01-01", Category: "fuel", BasisPoints: 40},
		{Since: "2019-01-01", Category: "government", BasisPoints: 0},
		{Since: "2019-01-01", Category: "donation", BasisPoints: 0},
		{Since: "2024-12-01", Criteria: "UMI", UpTo: Rp(500_000), BasisPoints: 0},
		{Since: "2024-12-01", Criteria: "UMI", BasisPoints: 30},
		{Since: "2023-09-01", Criteria: "UMI", UpTo: Rp(100_000), BasisPoints: 0},
		{Since: "2023-07-01", Criteria: "UMI", BasisPoints: 30},
		{Since: "2019-01-01", Criteria: "UMI", BasisPoints: 0},
		{Since: "2019-01-01", Criteria: "BLU", BasisPoints: 40},
		{Since: "2019-01-01", Criteria: "PSO", BasisPoints: 40},
		{Since: "2019-01-01", BasisPoints: 70},
	}
}

// MDR is what the merchant pays for an amount on a Jakarta date, rounded half
// up to the whole rupiah.
func (t FeeTable) MDR(m Merchant, amount Rupiah, day string) Rupiah {
	for _, f := range t {
		if f.holds(m, amount, day) {
			return roundToRupiah(int64(amount), f.BasisPoints)
		}
	}
	return 0
}

func (f Fee) holds(m Merchant, amount Rupiah, day string) bool {
	return day >= f.Since &&
		(f.Category == "" || f.Category == m.Category) &&
		(f.Criteria == "" || f.Criteria == m.Criteria) &&
		(f.UpTo == 0 || amount <= f.UpTo)
}

// roundToRupiah takes basis points of an amount in sen. The amount is split
// so that the product cannot overflow, and rounded once.
func roundToRupiah(sen, basisPoints int64) Rupiah {
	const unit = 10_000 * 100 // basis points in one, sen in a rupiah
	whole, rest := sen/unit, sen%unit
	return Rp(whole*basisPoints + (rest*basisPoints+unit/2)/unit)
}
