//go:build race

package policies

// raceDetector makes the tests over many situations smaller: under the detector OPA is ten times slower.
const raceDetector = true
