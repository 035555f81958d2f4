// Package pay is the domain of a QRIS payment server: partners, merchants,
// payers, codes and payments, and the verbs on them. It decides; it knows
// neither HTTP nor SQL nor the wire shapes of any provider.
package pay
