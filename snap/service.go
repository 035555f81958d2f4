package snap

// Service is the two digits that the standard gives to each of its services.
// They are the middle of every response code, and the value of the field
// serviceCode in queries.
type Service string

// Services of the QR MPM, direct debit and access token families. List and
// Terminal are SpeedCash's own: the standard assigns 01 to 81.
const (
	ServiceGenerate     Service = "47"
	ServiceDecode       Service = "48"
	ServiceApplyOTT     Service = "49"
	ServicePayment      Service = "50"
	ServiceQuery        Service = "51"
	ServiceNotify       Service = "52"
	ServiceStatus       Service = "53"
	ServiceDebitPayment Service = "54"
	ServiceDebitStatus  Service = "55"
	ServiceDebitNotify  Service = "56"
	ServiceDebitCancel  Service = "57"
	ServiceDebitRefund  Service = "58"
	ServiceTokenB2B     Service = "73"
	ServiceTokenB2B2C   Service = "74"
	ServiceCancel       Service = "77"
	ServiceRefund       Service = "78"
	ServiceList         Service = "90"
	ServiceTerminal     Service = "92"
)

// services is in the order of the codes. A path is the group and the product,
// to be put behind "/v1.0/".
var services = []struct {
	service    Service
	path, name string
}{
	{ServiceGenerate, "qr/qr-mpm-generate", "Generate QR MPM"},
	{ServiceDecode, "qr/qr-mpm-decode", "Decode QR MPM"},
	{ServiceApplyOTT, "qr/apply-ott", "Apply One Time Token"},
	{ServicePayment, "qr/qr-mpm-payment", "Payment Host to Host"},
	{ServiceQuery, "qr/qr-mpm-query", "Query Payment"},
	{ServiceNotify, "qr/qr-mpm-notify", "Payment Notify"},
	{ServiceStatus, "qr/qr-mpm-status", "Transaction Status Inquiry"},
	{ServiceDebitPayment, "debit/payment-host-to-host", "Direct Debit Payment"},
	{ServiceDebitStatus, "debit/status", "Direct Debit Status"},
	{ServiceDebitNotify, "debit/notify", "Direct Debit Notify"},
	{ServiceDebitCancel, "debit/cancel", "Direct Debit Cancel"},
	{ServiceDebitRefund, "debit/refund", "Direct Debit Refund"},
	{ServiceTokenB2B, "access-token/b2b", "Access Token B2B"},
	{ServiceTokenB2B2C, "access-token/b2b2c", "Access Token B2B2C"},
	{ServiceCancel, "qr/qr-mpm-cancel", "Cancel Payment"},
	{ServiceRefund, "qr/qr-mpm-refund", "Refund Payment"},
	{ServiceList, "qr/qr-generate-list", "List Generated QR"},
	{ServiceTerminal, "qr/qr-generate-terminal", "Generate Terminal"},
}

// Services returns every service named above, in the order of their codes.
func Services() []Service {
	all := make([]Service, len(services))
	for i, row := range services {
		all[i] = row.service
	}
	return all
}

// Name is the service's title for people, such as "Generate QR MPM", or the
// code itself where this package does not know the service.
func (s Service) Name() string {
	for _, row := range services {
		if row.service == s {
			return row.name
		}
	}
	return string(s)
}

// Path is the service's group and product in the standard, such as
// "qr/qr-mpm-generate", or empty where this package does not know the service.
func (s Service) Path() string {
	for _, row := range services {
		if row.service == s {
			return row.path
		}
	}
	return ""
}
