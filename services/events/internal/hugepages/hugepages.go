// Package hugepages has memory of this process in pages of 2 MB where Linux gives them to who asks (transparent_hugepage is madvise or always). The processor finds
// its way to them with fewer looks at tables, of which a virtual machine has two for each, and the kernel gives 512 of the usual ones at once. Elsewhere, and where
// there are none, all works as it does without.
package hugepages
