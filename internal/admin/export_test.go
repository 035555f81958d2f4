package admin

// Acting are the patterns and verbs of the routes that act; Looking the
// patterns of the others.
func (a *API) Acting() (verbs map[string]string, looking []string) {
	verbs = make(map[string]string)
	for _, rt := range a.routes() {
		if rt.acts() {
			verbs[rt.pattern] = rt.verb
		} else {
			looking = append(looking, rt.pattern)
		}
	}
	return verbs, looking
}
