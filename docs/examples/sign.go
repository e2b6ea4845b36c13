// Signs a request to a Portico cloud (RFC 9421, Ed25519), sends it, prints the answer. Standard library alone.
//
//	export KEY=backend.pem KEY_ID=d75a98...   (the private key, and its public half as `portico cloud key add` prints it)
//	go run sign.go GET 'http://127.0.0.1:8480/v1/persons?limit=1'
//	REASON='门 3' go run sign.go PUT 'http://127.0.0.1:8480/v1/zones/east' '{"names":{"zh":"东区","en":"East"}}'
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// sign adds the headers that a request needs. Never send the same twice: the nonce is good once.
func sign(request *http.Request, body []byte, key ed25519.PrivateKey, keyID string) {
	covered := [][2]string{
		{"@method", request.Method},
		{"@authority", strings.ToLower(request.URL.Host)},
		{"@path", request.URL.EscapedPath()},
		{"@query", "?" + request.URL.RawQuery},
	}
	if len(body) > 0 {
		digest := sha256.Sum256(body)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest[:])+":")
	}
	for _, name := range []string{"content-digest", "idempotency-key", "portico-reason"} {
		if value := request.Header.Get(name); value != "" {
			covered = append(covered, [2]string{name, value})
		}
	}
	nonce := make([]byte, 16)
	if _, err := rand.Read(nonce); err != nil {
		panic(err)
	}
	var names []string
	var base strings.Builder
	for _, each := range covered {
		names = append(names, `"`+each[0]+`"`)
		base.WriteString(`"` + each[0] + `": ` + each[1] + "\n")
	}
	parameters := fmt.Sprintf(`(%s);created=%d;keyid="%s";nonce="%s";alg="ed25519"`, strings.Join(names, " "), time.Now().Unix(), keyID, hex.EncodeToString(nonce))
	base.WriteString(`"@signature-params": ` + parameters)
	request.Header.Set("Signature-Input", "sig="+parameters)
	request.Header.Set("Signature", "sig=:"+base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(base.String())))+":")
}

func main() {
	method, target, body := os.Args[1], os.Args[2], []byte(strings.Join(os.Args[3:], ""))
	text, err := os.ReadFile(os.Getenv("KEY"))
	check(err)
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	check(err)
	request, err := http.NewRequest(method, target, bytes.NewReader(body))
	check(err)
	if reason := os.Getenv("REASON"); reason != "" {
		// A blank is %20 here: the header is percent-encoded, not a form.
		request.Header.Set("Portico-Reason", strings.ReplaceAll(url.QueryEscape(reason), "+", "%20"))
	}
	if idempotencyKey := os.Getenv("IDEMPOTENCY_KEY"); idempotencyKey != "" {
		request.Header.Set("Idempotency-Key", idempotencyKey)
	}
	sign(request, body, key.(ed25519.PrivateKey), os.Getenv("KEY_ID"))
	answer, err := http.DefaultClient.Do(request)
	check(err)
	told, err := io.ReadAll(answer.Body)
	check(err)
	fmt.Println(string(told))
	if answer.StatusCode >= 300 { // problem details: reason, remedy, errors
		os.Exit(1)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
