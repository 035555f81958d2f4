package storage

var codeInvariants = []Invariant{
	{
		Name: "code-state", Of: "code", Says: "a code is active, paid, expired or cancelled",
		Query: `SELECT ref AS id, 'active, paid, expired or cancelled' AS want, state AS got
			FROM code WHERE state NOT IN ('active', 'paid', 'expired', 'cancelled')`,
	},
	{
		Name: "code-end", Of: "code", Says: "a code has a time of its end when it is not active any more",
		Query: `SELECT ref AS id, CASE WHEN state = 'active' THEN 'no end' ELSE 'an end' END AS want,
				state || ', ended at ' || CAST(closed_at AS TEXT) || ' µs' AS got
			FROM code WHERE (state = 'active') <> (closed_at = 0)`,
	},
	{
		Name: "code-static", Of: "code", Says: "a static code stays for many payments",
		Query: `SELECT ref AS id, 'active, expired or cancelled' AS want, state AS got FROM code WHERE state = 'paid' AND amount = 0`,
	},
	{
		Name: "code-paid", Of: "code", Says: "a paid code has exactly one payment",
		Query: `SELECT code.ref AS id, '1 payment' AS want, CAST(COUNT(payment.ref) AS TEXT) AS got
			FROM code LEFT JOIN payment ON code_ref = code.ref AND code_ref <> ''
			WHERE code.state = 'paid' GROUP BY code.ref HAVING COUNT(payment.ref) <> 1`,
	},
	{
		Name: "code-unpaid", Of: "code", Says: "a code that was cancelled, or that takes one payment and is not paid, has none",
		Query: `SELECT code.ref AS id, 'no payment' AS want, CAST(COUNT(*) AS TEXT) || ', of a code that is ' || code.state AS got
			FROM code JOIN payment ON code_ref = code.ref AND code_ref <> ''
			WHERE code.state = 'cancelled' OR (code.state IN ('active', 'expired') AND code.amount > 0)
			GROUP BY code.ref, code.state`,
	},
	{
		Name: "code-paid-amount", Of: "code", Says: "a code is paid with what it asks for, to which a tip may add",
		Query: `SELECT code.ref AS id, CAST(code.amount AS TEXT) || ' or more' AS want, CAST(payment.amount AS TEXT) AS got
			FROM code JOIN payment ON code_ref = code.ref AND code_ref <> ''
			WHERE code.state = 'paid' AND payment.amount < code.amount`,
	},
	{
		Name: "code-paid-at", Of: "code", Says: "a code ends with its payment",
		Query: `SELECT code.ref AS id, CAST(paid_at AS TEXT) || ' µs' AS want, CAST(closed_at AS TEXT) || ' µs' AS got
			FROM code JOIN payment ON code_ref = code.ref AND code_ref <> ''
			WHERE code.state = 'paid' AND closed_at <> paid_at`,
	},
	{
		Name: "code-expired-at", Of: "code", Says: "an expired code ended with its validity",
		Query: `SELECT ref AS id, CAST(expires_at AS TEXT) || ' µs, and some validity' AS want, CAST(closed_at AS TEXT) || ' µs' AS got
			FROM code WHERE state = 'expired' AND (closed_at <> expires_at OR expires_at = 0)`,
	},
	{
		Name: "code-cancelled-at", Of: "code", Says: "a code is cancelled while it is valid",
		Query: `SELECT ref AS id, 'before ' || CAST(expires_at AS TEXT) || ' µs' AS want, CAST(closed_at AS TEXT) || ' µs' AS got
			FROM code WHERE state = 'cancelled' AND expires_at > 0 AND closed_at >= expires_at`,
	},
}

var deliveryInvariants = []Invariant{
	{
		Name: "delivery-state", Of: "delivery", Says: "a delivery is pending, delivered or failed",
		Query: `SELECT id, 'pending, delivered or failed' AS want, state AS got
			FROM delivery WHERE state NOT IN ('pending', 'delivered', 'failed')`,
	},
	{
		Name: "delivery-payment", Of: "delivery", Says: "a delivery tells a payment to the partner and merchant of its code, from the moment it was paid",
		Query: `SELECT delivery.id AS id, 'code ' || payment.code_ref || ' of ' || code.partner_id || '/' || code.merchant_id || ' at ' || CAST(paid_at AS TEXT) || ' µs' AS want,
				'code ' || delivery.code_ref || ' of ' || delivery.partner_id || '/' || delivery.merchant_id || ' at ' || CAST(delivery.created_at AS TEXT) || ' µs' AS got
			FROM delivery JOIN payment ON payment.ref = payment_ref JOIN code ON code.ref = payment.code_ref
			WHERE delivery.code_ref <> payment.code_ref OR delivery.partner_id <> code.partner_id
				OR delivery.merchant_id <> code.merchant_id OR delivery.created_at <> paid_at`,
	},
	{
		Name: "delivery-once", Of: "delivery", Says: "a payment is told once, under the id of its transfer",
		Query: `SELECT id, 'the id of the transfer of payment ' || payment_ref AS want, 'none' AS got FROM delivery
			WHERE NOT EXISTS (SELECT 1 FROM transfer WHERE transfer.id = delivery.id AND kind = 'on-us' AND ref = payment_ref)`,
	},
	{
		Name: "delivery-written", Of: "payment", Says: "a payment of a code that names an address has its delivery",
		Query: `SELECT payment.ref AS id, 'delivery ' || transfer.id AS want, 'none' AS got
			FROM payment JOIN code ON code.ref = code_ref JOIN transfer ON transfer.ref = payment.ref AND kind = 'on-us'
			WHERE callback_url <> '' AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.id = transfer.id)`,
	},
	{
		Name: "delivery-attempts", Of: "delivery", Says: "a delivery's attempts are numbered from 1 without a hole, and counted",
		Query: `SELECT id, CAST(attempts AS TEXT) || ' attempts, numbered from 1' AS want, CAST(COUNT(number) AS TEXT)
				|| COALESCE(', numbered from ' || CAST(MIN(number) AS TEXT) || ' to ' || CAST(MAX(number) AS TEXT), '') AS got
			FROM delivery LEFT JOIN attempt ON delivery_id = id GROUP BY id, attempts
			HAVING COUNT(number) <> attempts OR COALESCE(MIN(number), 1) <> 1 OR COALESCE(MAX(number), 0) <> attempts
				OR COUNT(DISTINCT number) <> COUNT(number)`,
	},
	{
		Name: "delivery-end", Of: "delivery", Says: "a delivery ends with its last attempt",
		Query: `SELECT id, CASE WHEN state = 'pending' THEN 'no end' ELSE 'the moment of an attempt, ' || COALESCE(CAST(tried_at AS TEXT), 'of which there is none') END AS want,
				state || ', ended at ' || CAST(done_at AS TEXT) || ' µs' AS got
			FROM delivery LEFT JOIN attempt ON delivery_id = id AND number = attempts
			WHERE CASE WHEN state = 'pending' THEN done_at <> 0 ELSE done_at <> COALESCE(tried_at, 0) OR done_at = 0 END`,
	},
	{
		Name: "delivery-held", Of: "delivery", Says: "only a pending delivery is claimed",
		Query: `SELECT id, 'nobody to hold it' AS want, holder || ', while it is ' || state AS got
			FROM delivery WHERE holder <> '' AND state <> 'pending'`,
	},
	{
		Name: "delivery-body", Of: "delivery", Says: "what was delivered is kept",
		Query: `SELECT id, 'the body' AS want, 'none' AS got FROM delivery WHERE state = 'delivered' AND body = ''`,
	},
}
