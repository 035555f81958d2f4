package storage

var (
	settingByName = "SELECT value FROM setting WHERE name = $1"
	insertSetting = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING"
	putSetting    = `INSERT INTO setting (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`
)

func (r reader) Setting(name string) (string, error) {
	return scalar[string](r.q, settingByName, name)
}

func (t tx) InsertSetting(name, value string) error {
	return t.insert(insertSetting, []any{name, value})
}

func (t tx) PutSetting(name, value string) error {
	_, err := t.db.exec(putSetting, []any{name, value})
	return err
}
