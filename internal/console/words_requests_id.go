package console

// requestsID are the words of the pages about requests and of the reference.
var requestsID = map[string]string{}
