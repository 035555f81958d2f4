package storage

var paymentInvariants = []Invariant{
	{
		Name: "payment-state", Of: "payment", Says: "a payment's money has moved",
		Query: `SELECT ref AS id, 'paid' AS want, state AS got FROM payment WHERE state <> 'paid'`,
	},
	{
		Name: "payment-amount", Of: "payment", Says: "a payment is of something, and its MDR is part of it",
		Query: `SELECT ref AS id, 'an amount over 0, MDR from 0 to the amount, fee of 0 or more' AS want,
				'amount ' || CAST(amount AS TEXT) || ', MDR ' || CAST(mdr AS TEXT) || ', fee ' || CAST(fee AS TEXT) AS got
			FROM payment WHERE amount <= 0 OR mdr < 0 OR mdr > amount OR fee < 0`,
	},
	{
		Name: "payment-place", Of: "payment", Says: "a payment is of a code and a merchant here, or of neither and without MDR",
		Query: `SELECT ref AS id, 'code, acquirer and merchant, or none of them and no MDR' AS want,
				'code "' || code_ref || '", acquirer "' || acquirer_id || '", merchant "' || merchant_id || '", MDR ' || CAST(mdr AS TEXT) AS got
			FROM payment WHERE (merchant_id = '') <> (code_ref = '') OR (merchant_id = '') <> (acquirer_id = '')
				OR (merchant_id = '' AND mdr <> 0)`,
	},
	{
		Name: "payment-code", Of: "payment", Says: "a payment is of its code's payload and to its code's merchant",
		Query: `SELECT payment.ref AS id, code.payload || ' of ' || code.partner_id || '/' || code.merchant_id AS want,
				payment.payload || ' of ' || acquirer_id || '/' || payment.merchant_id AS got
			FROM payment JOIN code ON code.ref = code_ref
			WHERE payment.payload <> code.payload OR acquirer_id <> code.partner_id OR payment.merchant_id <> code.merchant_id`,
	},
	{
		Name: "payment-life", Of: "payment", Says: "a code is paid before it expires",
		Query: `SELECT payment.ref AS id, 'before ' || CAST(expires_at AS TEXT) || ' µs' AS want, CAST(paid_at AS TEXT) || ' µs' AS got
			FROM payment JOIN code ON code.ref = code_ref WHERE expires_at > 0 AND paid_at >= expires_at`,
	},
	{
		Name: "payment-transfer", Of: "payment", Says: "a payment has one transfer, of its kind and moment",
		Query: `SELECT payment.ref AS id, '1 ' || CASE WHEN merchant_id = '' THEN 'off-us' ELSE 'on-us' END || ' transfer at ' || CAST(paid_at AS TEXT) || ' µs' AS want,
				CAST(COUNT(transfer.id) AS TEXT) || COALESCE(', ' || MIN(kind) || ' at ' || CAST(MIN(moved_at) AS TEXT) || ' µs', '') AS got
			FROM payment LEFT JOIN transfer ON transfer.ref = payment.ref AND kind IN ('on-us', 'off-us')
			GROUP BY payment.ref, merchant_id, paid_at HAVING COUNT(transfer.id) <> 1 OR MIN(moved_at) <> paid_at
				OR MIN(kind) <> CASE WHEN merchant_id = '' THEN 'off-us' ELSE 'on-us' END`,
	},
	{
		Name: "payment-legs", Of: "payment", Says: "the payer gives amount and fee, the payee gets the amount less MDR, the rest is revenue",
		Query: legs(`SELECT payment.ref AS id, transfer.id AS transfer_id, 'payer:' || payer_id AS wallet,
				CASE WHEN merchant_id = '' THEN 'clearing:' || nns ELSE 'merchant:' || acquirer_id || '/' || merchant_id END AS payee,
				-amount - fee AS to_wallet, amount - mdr AS to_payee, mdr + fee AS to_revenue
			FROM payment JOIN transfer ON transfer.ref = payment.ref AND kind IN ('on-us', 'off-us')`),
	},
	{
		Name: "payment-refunds", Of: "payment", Says: "what of a payment is refunded is the sum of its refunds, and no more than was paid",
		Query: `SELECT id, 'refunds of ' || CAST(given AS TEXT) || ', at most ' || CAST(amount AS TEXT) AS want, CAST(refunded AS TEXT) AS got FROM (
				SELECT ref AS id, amount, refunded, COALESCE((SELECT SUM(amount) FROM refund WHERE payment_ref = payment.ref), 0) AS given
				FROM payment
			) AS paid WHERE refunded <> given OR refunded > amount`,
	},
	{
		Name: "payment-mdr-back", Of: "payment", Says: "refunds give back at most the MDR, and all of it with the whole amount",
		Query: `SELECT payment.ref AS id, CASE WHEN refunded = payment.amount THEN 'exactly ' ELSE 'at most ' END || CAST(payment.mdr AS TEXT) AS want,
				CAST(SUM(refund.mdr) AS TEXT) AS got
			FROM payment JOIN refund ON payment_ref = payment.ref GROUP BY payment.ref, payment.amount, payment.mdr, refunded
			HAVING SUM(refund.mdr) > payment.mdr OR (refunded = payment.amount AND SUM(refund.mdr) <> payment.mdr)`,
	},
}

var refundInvariants = []Invariant{
	{
		Name: "refund-amount", Of: "refund", Says: "a refund is of something, and its share of the MDR is part of it",
		Query: `SELECT ref AS id, 'an amount over 0, MDR from 0 to the amount' AS want,
				'amount ' || CAST(amount AS TEXT) || ', MDR ' || CAST(mdr AS TEXT) AS got
			FROM refund WHERE amount <= 0 OR mdr < 0 OR mdr > amount`,
	},
	{
		Name: "refund-payment", Of: "refund", Says: "a refund is of its payment's code and merchant",
		Query: `SELECT refund.ref AS id, 'code "' || payment.code_ref || '" of ' || payment.acquirer_id || '/' || payment.merchant_id AS want,
				'code "' || refund.code_ref || '" of ' || refund.acquirer_id || '/' || refund.merchant_id AS got
			FROM refund JOIN payment ON payment.ref = payment_ref
			WHERE refund.code_ref <> payment.code_ref OR refund.acquirer_id <> payment.acquirer_id OR refund.merchant_id <> payment.merchant_id`,
	},
	{
		Name: "refund-transfer", Of: "refund", Says: "a refund has one transfer, of its moment",
		Query: `SELECT refund.ref AS id, '1 transfer at ' || CAST(refunded_at AS TEXT) || ' µs' AS want,
				CAST(COUNT(transfer.id) AS TEXT) || COALESCE(' at ' || CAST(MIN(moved_at) AS TEXT) || ' µs', '') AS got
			FROM refund LEFT JOIN transfer ON transfer.ref = refund.ref AND kind = 'refund'
			GROUP BY refund.ref, refunded_at HAVING COUNT(transfer.id) <> 1 OR MIN(moved_at) <> refunded_at`,
	},
	{
		Name: "refund-legs", Of: "refund", Says: "the payer gets the amount back, from the payee and the revenue by their shares",
		Query: legs(`SELECT refund.ref AS id, transfer.id AS transfer_id, 'payer:' || payer_id AS wallet,
				CASE WHEN payment.merchant_id = '' THEN 'clearing:' || nns ELSE 'merchant:' || payment.acquirer_id || '/' || payment.merchant_id END AS payee,
				refund.amount AS to_wallet, refund.mdr - refund.amount AS to_payee, -refund.mdr AS to_revenue
			FROM refund JOIN payment ON payment.ref = payment_ref JOIN transfer ON transfer.ref = refund.ref AND kind = 'refund'`),
	},
}
