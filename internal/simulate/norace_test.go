//go:build !race

package simulate

// usualSeeds are so many worlds that they take about a minute of one core.
const usualSeeds = 200
