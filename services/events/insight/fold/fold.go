// Package fold holds what an answer is made of for one actor: pure functions over that actor's events in their order.
// Memory and the SQL engines use the same ones for what SQL cannot say; the questions above the stores use them for funnels and paths.
// It stands beside the stores and imports only the questions.
package fold
