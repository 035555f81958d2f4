//go:build race

package simulate

// usualSeeds are fewer under the race detector, which makes each world take
// several times as long.
const usualSeeds = 15
