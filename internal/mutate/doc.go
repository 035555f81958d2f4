// Command mutate says how far the tests of a package can be trusted.
//
//	go run ./internal/mutate coverage -least 95 ./emv ./qris
//	go run ./internal/mutate mutation -report survivors.txt ./emv ./qris
//
// coverage counts branches, not statements: a copy of each file notes where
// it has been (branch.go says what is counted). mutation changes a package in
// one small way after another, runs the tests that come by the change, and
// names the changes that no test notices (mutant.go says which are made). All
// changes of a package are compiled into one test binary and chosen by an
// environment variable, so that each costs a run and not a build: of the cheap
// tests and those that kill most in the same file, and of the rest only if none
// of these fails. What became of a change is written down at once, so a run can
// be interrupted, and a list says of every change that survives why it may.
package main
