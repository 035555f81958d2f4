package torture

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// three nodes answer with their number, one of them breaks off.
func startNodes(t *testing.T) []*node {
	t.Helper()
	var nodes []*node
	for number := 1; number <= 3; number++ {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/break" {
				panic(http.ErrAbortHandler)
			}
			body, _ := io.ReadAll(r.Body)
			w.Write(append([]byte(r.Header.Get("X-Signature")+" "), body...))
		}))
		t.Cleanup(s.Close)
		host := strings.TrimPrefix(s.URL, "http://")
		nodes = append(nodes, &node{number: number, api: host, admin: host})
	}
	return nodes
}

// balanced is a balancer over nodes that are said to be ready.
func balanced(t *testing.T, nodes []*node) string {
	t.Helper()
	b, api, _, err := newBalancer(4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	for _, n := range nodes {
		k := &backend{node: n}
		k.ready.Store(true)
		b.backends = append(b.backends, k)
	}
	return api
}

func post(t *testing.T, address string) (status int, node, body string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader("the body"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Signature", "signed")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get(nodeHeader), string(text)
}

// TestBalancerTakesTurns and passes over nodes that take no connection.
func TestBalancerTakesTurns(t *testing.T) {
	nodes := startNodes(t)
	dead, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	nodes = append(nodes, &node{number: 4, api: dead})
	api := balanced(t, nodes)
	answered := map[string]int{}
	for range 12 {
		status, node, body := post(t, api+"/x")
		if status != http.StatusOK || body != "signed the body" {
			t.Fatalf("%d %s", status, body)
		}
		answered[node]++
	}
	for _, number := range []string{"1", "2", "3"} {
		if answered[number] < 3 {
			t.Errorf("node %s answered %d of 12: %v", number, answered[number], answered)
		}
	}
}

// TestBalancerLeavesSilence: what may have reached a node is not sent to
// another.
func TestBalancerLeavesSilence(t *testing.T) {
	api := balanced(t, startNodes(t))
	if status, node, _ := post(t, api+"/break"); status != 0 {
		t.Errorf("node %s answered %d", node, status)
	}
}

// TestBalancerWithoutNodes answers as a client may be answered.
func TestBalancerWithoutNodes(t *testing.T) {
	status, _, body := post(t, balanced(t, nil)+"/x")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, `"responseCode":"5030000"`) {
		t.Errorf("%d %s", status, body)
	}
}
