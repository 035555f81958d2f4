package storage

// Amounts are told in sen.

var ledgerInvariants = []Invariant{
	{
		Name: "transfer-balance", Of: "transfer", Says: "the postings of a transfer sum to zero",
		Query: `SELECT transfer_id AS id, '0' AS want, CAST(SUM(amount) AS TEXT) AS got
			FROM posting GROUP BY transfer_id HAVING SUM(amount) <> 0`,
	},
	{
		Name: "posting-transfer", Of: "posting", Says: "a posting is a leg of a transfer",
		Query: `SELECT transfer_id || ' to ' || account AS id, 'transfer ' || transfer_id AS want, 'none' AS got
			FROM posting WHERE NOT EXISTS (SELECT 1 FROM transfer WHERE id = transfer_id)`,
	},
	{
		Name: "posting-amount", Of: "posting", Says: "a posting moves something",
		Query: `SELECT transfer_id || ' to ' || account AS id, 'an amount' AS want, '0' AS got FROM posting WHERE amount = 0`,
	},
	{
		Name: "transfer-legs", Of: "transfer", Says: "a transfer has two postings or more, numbered from 0",
		Query: `SELECT id, '2 postings or more, numbered from 0' AS want, CAST(COUNT(leg) AS TEXT) || ' postings'
				|| COALESCE(', numbered from ' || CAST(MIN(leg) AS TEXT) || ' to ' || CAST(MAX(leg) AS TEXT), '') AS got
			FROM transfer LEFT JOIN posting ON transfer_id = id GROUP BY id
			HAVING COUNT(leg) < 2 OR MIN(leg) <> 0 OR MAX(leg) <> COUNT(leg) - 1 OR COUNT(DISTINCT leg) <> COUNT(leg)`,
	},
	{
		Name: "transfer-kind", Of: "transfer", Says: "a transfer is of a known kind",
		Query: `SELECT id, 'funding, on-us, off-us, refund or settlement' AS want, kind AS got
			FROM transfer WHERE kind NOT IN ('funding', 'on-us', 'off-us', 'refund', 'settlement')`,
	},
	{
		Name: "posting-account", Of: "account", Says: "an account is that of a payer, a merchant or an institution that is known",
		Query: `SELECT account AS id, 'whose it is' AS want, 'nobody' AS got FROM (
				SELECT account FROM posting GROUP BY account
				EXCEPT SELECT 'external:funding' EXCEPT SELECT 'revenue:fee'
				EXCEPT SELECT 'payer:' || id FROM payer
				EXCEPT SELECT 'merchant:' || partner_id || '/' || id FROM merchant
				EXCEPT SELECT 'settlement:' || partner_id || '/' || id FROM merchant
				EXCEPT SELECT 'clearing:' || nns FROM payment WHERE merchant_id = ''
			) AS strange`,
	},
	{
		Name: "wallet-postings", Of: "payer", Says: "a payer's balance is the sum of the wallet's postings",
		Query: `SELECT id, CAST(held AS TEXT) AS want, CAST(balance AS TEXT) AS got FROM (
				SELECT id, balance, (SELECT COALESCE(SUM(amount), 0) FROM posting WHERE account = 'payer:' || payer.id) AS held
				FROM payer
			) AS wallet WHERE balance <> held`,
	},
	{
		Name: "wallet-floor", Of: "payer", Says: "a wallet is never overdrawn",
		Query: `SELECT id, '0 or more' AS want, CAST(balance AS TEXT) AS got FROM payer WHERE balance < 0`,
	},
	{
		Name: "transfer-cause", Of: "transfer", Says: "a transfer was made for something that is there",
		Query: `SELECT id, 'payer ' || ref AS want, 'none' AS got FROM transfer
				WHERE kind = 'funding' AND NOT EXISTS (SELECT 1 FROM payer WHERE payer.id = transfer.ref)
			UNION ALL SELECT id, 'payment ' || ref, 'none' FROM transfer
				WHERE kind IN ('on-us', 'off-us') AND NOT EXISTS (SELECT 1 FROM payment WHERE payment.ref = transfer.ref)
			UNION ALL SELECT id, 'refund ' || ref, 'none' FROM transfer
				WHERE kind = 'refund' AND NOT EXISTS (SELECT 1 FROM refund WHERE refund.ref = transfer.ref)
			UNION ALL SELECT t.id, 'a settlement of ' || t.ref, 'none' FROM transfer AS t
				LEFT JOIN settlement AS s ON s.day = t.ref AND s.id = t.id WHERE t.kind = 'settlement' AND s.id IS NULL`,
	},
	{
		Name: "funding-legs", Of: "transfer", Says: "funds come from outside into the payer's wallet",
		Query: `SELECT id, 'what left external:funding, in wallet ' || ref AS want,
				CAST(outside AS TEXT) || ' outside, ' || CAST(wallet AS TEXT) || ' in the wallet, ' || CAST(legs AS TEXT) || ' postings' AS got
			FROM (
				SELECT id, ref,
					COALESCE((SELECT amount FROM posting WHERE transfer_id = t.id AND account = 'external:funding'), 0) AS outside,
					COALESCE((SELECT amount FROM posting WHERE transfer_id = t.id AND account = 'payer:' || t.ref), 0) AS wallet,
					(SELECT COUNT(*) FROM posting WHERE transfer_id = t.id) AS legs
				FROM transfer AS t WHERE kind = 'funding'
			) AS funded WHERE wallet <= 0 OR outside <> -wallet OR legs <> 2`,
	},
}

// legs is what a payment or a refund should have moved, and what its transfer
// did. A leg of nothing is not written. The columns of its inner query are id,
// transfer_id, wallet and payee (accounts), and three amounts: to_wallet,
// to_payee and to_revenue.
func legs(moved string) string {
	leg := func(account string) string {
		return "COALESCE((SELECT amount FROM posting WHERE posting.transfer_id = moved.transfer_id AND account = " + account + "), 0)"
	}
	words := func(wallet, payee, revenue, postings string) string {
		return "wallet || ' ' || CAST(" + wallet + " AS TEXT) || ', ' || payee || ' ' || CAST(" + payee +
			" AS TEXT) || ', revenue:fee ' || CAST(" + revenue + " AS TEXT) || ', in ' || CAST(" + postings + " AS TEXT) || ' postings'"
	}
	return "SELECT id, " + words("to_wallet", "to_payee", "to_revenue", "due") + " AS want, " +
		words("in_wallet", "in_payee", "in_revenue", "written") + ` AS got FROM (
			SELECT moved.*, ` + leg("wallet") + " AS in_wallet, " + leg("payee") + " AS in_payee, " + leg("'revenue:fee'") + ` AS in_revenue,
				(SELECT COUNT(*) FROM posting WHERE posting.transfer_id = moved.transfer_id) AS written,
				CASE WHEN to_wallet = 0 THEN 0 ELSE 1 END + CASE WHEN to_payee = 0 THEN 0 ELSE 1 END
					+ CASE WHEN to_revenue = 0 THEN 0 ELSE 1 END AS due
			FROM (` + moved + `) AS moved
		) AS legs WHERE in_wallet <> to_wallet OR in_payee <> to_payee OR in_revenue <> to_revenue OR written <> due`
}
