package main

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/rs/cors"
)

var _ = regexp.MustCompile

// @RECIPE@

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/items", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Total", "3")
		w.Header().Set("Vary", "Accept-Encoding")
		// By hand, and half right.
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Expose-Headers", "X-Other")
		w.Header().Set("Access-Control-Max-Age", "9")
		w.Write([]byte("[]"))
	})
	mux.HandleFunc("/v1/secret", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "who are you?", 401)
	})
	mux.HandleFunc("/v1/broken", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "broken", 500)
	})
	handler := withCORS(mux)
	http.ListenAndServe("127.0.0.1:@PORT@", handler)
}
