// Package e2e holds the tests of the suite as a whole: services as real
// processes on the real engines, asked over gRPC as anybody would. It stands
// at the client's end of the path of a request and is imported by nobody.
package e2e
