//go:build !race

package simulate

// usualSeeds are so many worlds that they take well under a minute of one core.
const usualSeeds = 200
