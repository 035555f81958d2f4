package console

// sandboxID are the words of levers, payers and what only a sandbox can do.
var sandboxID = map[string]string{}
