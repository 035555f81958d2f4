// Package simulate runs the whole server (routes, authentication, dialects,
// core, notifier, expiry and settlement, on the real embedded storage) in a
// world that is made from one number: its partners and payers, what they ask
// and when, the storage's and the receivers' faults, crashes, the time. The same
// seed gives the same log, byte for byte.
//
// # How it is deterministic
//
// A world is a bubble of testing/synctest, so its time is virtual: it passes
// when nobody can do anything else. In a bubble the order of goroutines is still
// the runtime's; so each of them stops wherever it would reach outside itself,
// at every call of storage and of a receiver, and waits for its turn. The
// world's own goroutine waits until all of them wait, and lets one go on: which
// one, the dice decide, and whether what it is about to do fails. Between two
// such points goroutines share nothing that their order could change.
//
// # What it holds the server against
//
// A model of the rules follows every transaction that storage commits, and every
// answer that a client gets: see model_test.go and judge_test.go. The books are
// read whole now and then, and after every crash; at the end all faults cease,
// everybody is told everything, and the books keep every invariant that qrisd
// verify knows.
//
// # Running it
//
//	go test ./internal/simulate                              # 200 seeds
//	go test ./internal/simulate -seeds 20000 -first 1000     # others
//	go test ./internal/simulate -run Seeds -seed 17 -v       # one, with its log
//
// A seed that fails prints the last form of the command, with the step. With -v
// the seeds end with how many payments they made in a second of real time. Most
// are made in rushes, which are one world in five.
package simulate
