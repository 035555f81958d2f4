package doctor

import "strings"

// phrase is what is said about a mistake: what "you" did, and what to do
// instead, in both languages. %s stands for the mistake's detail.
type phrase struct {
	mistake           string // Mistake.String
	did, cure         string
	dilakukan, solusi string
}

var phrases = []phrase{
	{"scheme: token-request", "signed as an access token request is signed (client key|timestamp)", "sign method, path, body hash and timestamp of this request, as its API's scheme says", "menandatangani seperti permintaan access token (client key|timestamp)", "tandatangani method, path, hash body dan timestamp permintaan ini sesuai skema API-nya"},
	{"scheme: symmetric", "signed with HMAC-SHA512 over method:path:token:body hash:timestamp, the symmetric scheme", "sign this API's own string with SHA256withRSA and your private key", "menandatangani dengan HMAC-SHA512 atas method:path:token:hash body:timestamp, yaitu skema simetris", "tandatangani string milik API ini dengan SHA256withRSA dan private key Anda"},
	{"scheme: asymmetric", "signed as the asymmetric scheme does (RSA over method:path:body hash:timestamp)", "use the scheme of this API and the string to sign below", "menandatangani dengan skema asimetris (RSA atas method:path:hash body:timestamp)", "gunakan skema API ini dan string to sign di bawah"},
	{"scheme: with-token", "signed method:path:token:body hash:timestamp, the string of a transaction", "an access token request signs client key|timestamp", "menandatangani method:path:token:hash body:timestamp, yaitu string sebuah transaksi", "permintaan access token menandatangani client key|timestamp"},

	{"algorithm: rsa", "signed with RSA", "sign with HMAC-SHA512 and the client secret", "menandatangani dengan RSA", "tandatangani dengan HMAC-SHA512 dan client secret"},
	{"algorithm: rsa-pss", "signed with RSA-PSS", "sign with SHA256withRSA in the padding of PKCS #1 v1.5 (RSASSA-PKCS1-v1_5)", "menandatangani dengan RSA-PSS", "tandatangani dengan SHA256withRSA dengan padding PKCS #1 v1.5 (RSASSA-PKCS1-v1_5)"},
	{"algorithm: rsa-sha512", "signed with SHA512withRSA", "sign with SHA256withRSA", "menandatangani dengan SHA512withRSA", "tandatangani dengan SHA256withRSA"},
	{"algorithm: rsa-sha384", "signed with SHA384withRSA", "sign with SHA256withRSA", "menandatangani dengan SHA384withRSA", "tandatangani dengan SHA256withRSA"},
	{"algorithm: rsa-sha1", "signed with SHA1withRSA", "sign with SHA256withRSA", "menandatangani dengan SHA1withRSA", "tandatangani dengan SHA256withRSA"},
	{"algorithm: rsa-md5", "signed with MD5withRSA", "sign with SHA256withRSA", "menandatangani dengan MD5withRSA", "tandatangani dengan SHA256withRSA"},
	{"algorithm: rsa-bare", "encrypted with the private key instead of signing", "sign with SHA256withRSA, which hashes the string and names the hash", "mengenkripsi dengan private key, bukan menandatangani", "tandatangani dengan SHA256withRSA, yang melakukan hash atas string dan menyebutkan jenis hash-nya"},
	{"algorithm: hmac-sha512", "signed with HMAC-SHA512", "sign with SHA256withRSA and your private key", "menandatangani dengan HMAC-SHA512", "tandatangani dengan SHA256withRSA dan private key Anda"},
	{"algorithm: hmac-sha384", "signed with HMAC-SHA384", "use the algorithm of this API's scheme: HMAC-SHA512 with a secret, SHA256withRSA with a key", "menandatangani dengan HMAC-SHA384", "gunakan algoritma skema API ini: HMAC-SHA512 dengan secret, SHA256withRSA dengan key"},
	{"algorithm: hmac-sha256", "signed with HMAC-SHA256", "use the algorithm of this API's scheme: HMAC-SHA512 with a secret, SHA256withRSA with a key", "menandatangani dengan HMAC-SHA256", "gunakan algoritma skema API ini: HMAC-SHA512 dengan secret, SHA256withRSA dengan key"},
	{"algorithm: hmac-sha1", "signed with HMAC-SHA1", "use the algorithm of this API's scheme: HMAC-SHA512 with a secret, SHA256withRSA with a key", "menandatangani dengan HMAC-SHA1", "gunakan algoritma skema API ini: HMAC-SHA512 dengan secret, SHA256withRSA dengan key"},
	{"algorithm: hmac-md5", "signed with HMAC-MD5", "use the algorithm of this API's scheme: HMAC-SHA512 with a secret, SHA256withRSA with a key", "menandatangani dengan HMAC-MD5", "gunakan algoritma skema API ini: HMAC-SHA512 dengan secret, SHA256withRSA dengan key"},
	{"algorithm: hash", "hashed the string to sign without a key", "sign it: an HMAC or an RSA signature, not a hash", "hanya melakukan hash atas string to sign tanpa key", "tandatangani: HMAC atau tanda tangan RSA, bukan hash"},
	{"algorithm: hash-with-secret", "hashed the string to sign and the secret one after the other", "use HMAC, with the secret as its key", "melakukan hash atas string to sign dan secret yang digabung", "gunakan HMAC dengan secret sebagai key"},
	{"algorithm: swapped", "gave HMAC the string to sign as its key and the secret as its text", "swap the two arguments", "memberikan string to sign sebagai key dan secret sebagai teks kepada HMAC", "tukar kedua argumennya"},

	{"key: base64-decoded", "decoded the client secret from base64 before using it", "use the text of the secret as it is", "men-decode client secret dari base64 sebelum dipakai", "gunakan teks secret apa adanya"},
	{"key: hex-decoded", "decoded the client secret from hexadecimal before using it", "use the text of the secret as it is", "men-decode client secret dari heksadesimal sebelum dipakai", "gunakan teks secret apa adanya"},
	{"key: base64-encoded", "encoded the client secret in base64 before using it", "use the text of the secret as it is", "meng-encode client secret ke base64 sebelum dipakai", "gunakan teks secret apa adanya"},
	{"key: hex-encoded", "encoded the client secret in hexadecimal before using it", "use the text of the secret as it is", "meng-encode client secret ke heksadesimal sebelum dipakai", "gunakan teks secret apa adanya"},
	{"key: changed", "used the client secret with a line's end, a space or quotes around it", "trim what you read from the file or the environment", "memakai client secret dengan baris baru, spasi atau tanda kutip di sekitarnya", "bersihkan teks yang dibaca dari file atau environment"},
	{"key: previous", "used a previous key", "use the key that is registered now", "memakai key yang lama", "gunakan key yang terdaftar sekarang"},
	{"key: client-key", "used the client key (client id) as the secret", "use the client secret", "memakai client key (client id) sebagai secret", "gunakan client secret"},
	{"key: partner-id", "used the partner id as the secret", "use the client secret", "memakai partner id sebagai secret", "gunakan client secret"},
	{"key: access-token", "used the access token as the secret", "use the client secret", "memakai access token sebagai secret", "gunakan client secret"},
	{"key: private-key", "used the text of the private key as the secret", "use the client secret", "memakai teks private key sebagai secret", "gunakan client secret"},
	{"key: public-key", "used the text of the public key as the secret", "use the client secret", "memakai teks public key sebagai secret", "gunakan client secret"},
	{"key: other-partner", "used the key of another partner, %s", "use the credentials of the partner that calls", "memakai key partner lain, %s", "gunakan kredensial partner yang memanggil"},
	{"key: empty", "signed with an empty secret", "load the client secret before you sign", "menandatangani dengan secret kosong", "muat client secret sebelum menandatangani"},

	{"encoding: quoted", "put quotes around the signature", "send the bare text", "memberi tanda kutip pada tanda tangan", "kirim teksnya saja"},
	{"encoding: percent-encoded", "percent-encoded the signature", "headers are not encoded: send the base64 itself", "melakukan percent-encoding pada tanda tangan", "header tidak di-encode: kirim base64-nya langsung"},
	{"encoding: line-break", "broke the signature over lines or put a line's end behind it", "write the base64 on one line", "memecah tanda tangan menjadi beberapa baris atau menambah baris baru", "tulis base64 dalam satu baris"},
	{"encoding: plus-as-space", "turned the + of the base64 into spaces", "do not decode the signature as a form's field", "mengubah + pada base64 menjadi spasi", "jangan men-decode tanda tangan seperti field form"},
	{"encoding: base64url", "wrote the signature in base64url", "use standard base64, with +, / and =", "menulis tanda tangan dalam base64url", "gunakan base64 standar, dengan +, / dan ="},
	{"encoding: unpadded", "left the = at the end of the base64 out", "keep the padding of standard base64", "menghilangkan = di akhir base64", "pertahankan padding base64 standar"},
	{"encoding: prefixed", "put a name before the signature", "send the bare base64", "menaruh nama di depan tanda tangan", "kirim base64-nya saja"},
	{"encoding: twice", "encoded the signature twice", "write the signature's bytes in base64 once", "meng-encode tanda tangan dua kali", "tulis byte tanda tangan dalam base64 satu kali"},

	{"body: raw", "signed the body with its white space", "minify the body before you hash it, or send it minified", "menandatangani body beserta spasinya", "minify body sebelum di-hash, atau kirim body yang sudah di-minify"},
	{"body: no-spaces", "signed the body with the spaces inside strings removed", "sign the exact bytes you send", "menandatangani body yang spasi di dalam string-nya terhapus", "tandatangani byte yang persis sama dengan yang dikirim"},
	{"body: php", "signed the body with escaped slashes or letters (\\/, \\u00e9), as PHP's json_encode writes it, and sent it otherwise", "sign the exact bytes you send", "menandatangani body dengan escape (\\/, \\u00e9) seperti json_encode PHP, tetapi mengirim bentuk lain", "tandatangani byte yang persis sama dengan yang dikirim"},
	{"body: ascii", "signed the body with letters beyond ASCII escaped (\\u00e9), and sent it otherwise", "sign the exact bytes you send", "menandatangani body dengan huruf non-ASCII di-escape (\\u00e9), tetapi mengirim bentuk lain", "tandatangani byte yang persis sama dengan yang dikirim"},
	{"body: html", "signed the body with <, > and & escaped (\\u003c), as Go's encoding/json and Gson write it, and sent it otherwise", "sign the exact bytes you send, or turn the HTML escaping off", "menandatangani body dengan <, > dan & di-escape (\\u003c) seperti encoding/json Go dan Gson, tetapi mengirim bentuk lain", "tandatangani byte yang persis sama dengan yang dikirim, atau matikan HTML escaping"},
	{"body: sorted", "signed the body with its keys sorted", "keep the order of keys that you send", "menandatangani body dengan key yang diurutkan", "pertahankan urutan key yang dikirim"},
	{"body: spaced", "signed the body with spaces after commas and colons, as Python's json.dumps writes it", "minify it: separators=(\",\", \":\")", "menandatangani body dengan spasi setelah koma dan titik dua seperti json.dumps Python", "minify: separators=(\",\", \":\")"},
	{"body: numbers", "signed a body whose numbers were read and written again (10000.00 became 10000 or 10000.0)", "sign the exact bytes you send, and send amounts as strings", "menandatangani body yang angkanya dibaca dan ditulis ulang (10000.00 menjadi 10000 atau 10000.0)", "tandatangani byte yang persis sama dengan yang dikirim, dan kirim jumlah uang sebagai string"},
	{"body: indented", "signed the body indented over lines", "minify the body before you hash it", "menandatangani body yang diindentasi", "minify body sebelum di-hash"},
	{"body: empties-dropped", "signed the body without its null or empty fields, and sent them", "sign the exact bytes you send", "menandatangani body tanpa field null atau kosong, tetapi mengirimkannya", "tandatangani byte yang persis sama dengan yang dikirim"},
	{"body: empty", "signed an empty body", "hash the body that you send", "menandatangani body kosong", "hash body yang dikirim"},
	{"body: empty-object", "signed {} or [] as the body", "hash the body that you send, or the empty string if there is none", "menandatangani {} atau [] sebagai body", "hash body yang dikirim, atau string kosong jika tidak ada"},
	{"body: null", "signed null as the body", "hash the body that you send, or the empty string if there is none", "menandatangani null sebagai body", "hash body yang dikirim, atau string kosong jika tidak ada"},
	{"body: crlf", "signed the body with CRLF line ends", "minify the body before you hash it", "menandatangani body dengan akhir baris CRLF", "minify body sebelum di-hash"},
	{"body: lf", "signed the body with LF line ends and sent it with CRLF", "minify the body before you hash it", "menandatangani body dengan akhir baris LF tetapi mengirim CRLF", "minify body sebelum di-hash"},
	{"body: trailing-newline", "signed the body with a line's end behind it", "minify the body before you hash it", "menandatangani body dengan baris baru di akhirnya", "minify body sebelum di-hash"},
	{"body: trailing-newline-left-out", "signed the body with its white space, but without the line's end behind it", "minify the body before you hash it", "menandatangani body beserta spasinya, tetapi tanpa baris baru di akhirnya", "minify body sebelum di-hash"},
	{"body: trimmed", "signed the body with its white space, but trimmed at its ends", "minify the body before you hash it", "menandatangani body beserta spasinya, tetapi dipangkas di ujungnya", "minify body sebelum di-hash"},
	{"body: byte-order-mark", "signed the body with a byte order mark before it", "write UTF-8 without a byte order mark", "menandatangani body dengan byte order mark di depannya", "tulis UTF-8 tanpa byte order mark"},
	{"body: byte-order-mark-left-out", "signed the body without the byte order mark that you sent before it", "write UTF-8 without a byte order mark", "menandatangani body tanpa byte order mark yang Anda kirim", "tulis UTF-8 tanpa byte order mark"},
	{"body: latin-1", "signed the body in ISO 8859-1 and sent it in UTF-8", "take the body's bytes in UTF-8", "menandatangani body dalam ISO 8859-1 tetapi mengirim UTF-8", "ambil byte body dalam UTF-8"},
	{"body: lower-case", "signed the body in lower case", "only the hash is in lower case, not what is hashed", "menandatangani body dalam huruf kecil", "hanya hash yang huruf kecil, bukan isi yang di-hash"},
	{"body: json-in-a-string", "signed the body as a JSON string inside JSON", "do not serialise the body twice", "menandatangani body sebagai string JSON di dalam JSON", "jangan menserialisasi body dua kali"},

	{"hash: upper-case", "wrote the body hash in upper case", "write it in lower case", "menulis hash body dalam huruf besar", "tulis dalam huruf kecil"},
	{"hash: sha512", "hashed the body with SHA-512", "hash the body with SHA-256; SHA-512 is the HMAC's", "melakukan hash body dengan SHA-512", "hash body dengan SHA-256; SHA-512 hanya untuk HMAC"},
	{"hash: sha384", "hashed the body with SHA-384", "hash the body with SHA-256", "melakukan hash body dengan SHA-384", "hash body dengan SHA-256"},
	{"hash: sha1", "hashed the body with SHA-1", "hash the body with SHA-256", "melakukan hash body dengan SHA-1", "hash body dengan SHA-256"},
	{"hash: md5", "hashed the body with MD5", "hash the body with SHA-256", "melakukan hash body dengan MD5", "hash body dengan SHA-256"},
	{"hash: base64", "wrote the body hash in base64", "write it in lower case hexadecimal", "menulis hash body dalam base64", "tulis dalam heksadesimal huruf kecil"},
	{"hash: unhashed", "put the body itself into the string to sign", "put its SHA-256 there, in lower case hexadecimal", "memasukkan body itu sendiri ke string to sign", "masukkan SHA-256-nya dalam heksadesimal huruf kecil"},
	{"hash: left-empty", "left the place of the body hash empty", "put the SHA-256 of the body there; an empty body has one too", "mengosongkan tempat hash body", "isi dengan SHA-256 body; body kosong pun punya hash"},
	{"hash: twice", "hashed the body twice", "hash it once", "melakukan hash body dua kali", "hash satu kali saja"},
	{"hash: hmac", "made an HMAC of the body instead of its hash", "put the plain SHA-256 of the body into the string to sign", "membuat HMAC atas body, bukan hash", "masukkan SHA-256 biasa dari body ke string to sign"},

	{"path: query-left-out", "signed the path without its query", "sign the path as called, query included", "menandatangani path tanpa query", "tandatangani path seperti yang dipanggil, termasuk query"},
	{"path: query-changed", "signed the path with its query written otherwise", "sign the path and query exactly as called", "menandatangani path dengan query yang ditulis berbeda", "tandatangani path dan query persis seperti yang dipanggil"},
	{"path: slash-added", "signed the path with a slash too many", "sign the path exactly as called", "menandatangani path dengan garis miring berlebih", "tandatangani path persis seperti yang dipanggil"},
	{"path: slash-left-out", "signed the path without the slash at its end", "sign the path exactly as called", "menandatangani path tanpa garis miring di akhirnya", "tandatangani path persis seperti yang dipanggil"},
	{"path: no-leading-slash", "signed the path without the slash at its beginning", "begin the path with a slash", "menandatangani path tanpa garis miring di awal", "awali path dengan garis miring"},
	{"path: documented", "signed another documented path of this API than the one called", "sign the path that you call", "menandatangani path lain dari dokumentasi API ini, bukan yang dipanggil", "tandatangani path yang dipanggil"},
	{"path: prefix-added", "signed the path with a prefix that was not called", "sign the path exactly as it reaches the server", "menandatangani path dengan awalan yang tidak dipanggil", "tandatangani path persis seperti yang sampai di server"},
	{"path: prefix-left-out", "signed the path without its beginning", "sign the whole path as called, from the slash after the host", "menandatangani path tanpa bagian awalnya", "tandatangani seluruh path yang dipanggil, mulai dari garis miring setelah host"},
	{"path: with-host", "signed the address with its host", "sign the path only, from the slash after the host", "menandatangani alamat beserta host", "tandatangani path saja, mulai dari garis miring setelah host"},
	{"path: lower-case", "signed the path in lower case", "sign the path exactly as called", "menandatangani path dalam huruf kecil", "tandatangani path persis seperti yang dipanggil"},
	{"path: percent-encoding", "signed the path with another percent-encoding", "sign the path exactly as it stands in the request line", "menandatangani path dengan percent-encoding yang berbeda", "tandatangani path persis seperti di baris permintaan"},
	{"path: left-empty", "signed an empty path", "sign the path as called", "menandatangani path kosong", "tandatangani path seperti yang dipanggil"},
	{"path: suffix", "signed the path with another ending (.htm)", "sign the path exactly as called", "menandatangani path dengan akhiran berbeda (.htm)", "tandatangani path persis seperti yang dipanggil"},

	{"method: lower-case", "signed the method in lower case", "write it in upper case: POST", "menandatangani method dalam huruf kecil", "tulis dalam huruf besar: POST"},
	{"method: other", "signed another method than the one called", "sign the method of the request line", "menandatangani method lain dari yang dipanggil", "tandatangani method di baris permintaan"},
	{"method: left-empty", "left the method empty", "begin the string to sign with the method", "mengosongkan method", "awali string to sign dengan method"},

	{"token: with-bearer", "signed the access token with the word Bearer", "sign the token alone", "menandatangani access token beserta kata Bearer", "tandatangani token saja"},
	{"token: left-empty", "left the place of the access token empty", "put the B2B access token of the Authorization header there", "mengosongkan tempat access token", "isi dengan access token B2B dari header Authorization"},
	{"token: not-signed", "left the access token out of the string to sign", "sign method:path:token:body hash:timestamp", "tidak menyertakan access token dalam string to sign", "tandatangani method:path:token:hash body:timestamp"},
	{"token: signed-too", "signed an access token too", "this API signs method:path:body hash:timestamp, without a token", "ikut menandatangani access token", "API ini menandatangani method:path:hash body:timestamp, tanpa token"},
	{"token: customer", "signed the customer token (B2B2C)", "sign the B2B token of the Authorization header", "menandatangani customer token (B2B2C)", "tandatangani token B2B dari header Authorization"},
	{"token: previous", "signed a previous access token", "sign the token that you send", "menandatangani access token yang lama", "tandatangani token yang dikirim"},
	{"token: client-key", "signed your client key or partner id in the place of the access token", "put the B2B access token there", "menandatangani client key atau partner id di tempat access token", "isi dengan access token B2B"},
	{"token: secret", "signed the client secret in the place of the access token", "put the B2B access token there", "menandatangani client secret di tempat access token", "isi dengan access token B2B"},
	{"token: changed", "signed the access token in another spelling", "sign the token exactly as you send it", "menandatangani access token dengan ejaan berbeda", "tandatangani token persis seperti yang dikirim"},

	{"client-key: registered", "signed the registered client key, and sent another in X-CLIENT-KEY", "send and sign the same client key", "menandatangani client key terdaftar, tetapi mengirim yang lain di X-CLIENT-KEY", "kirim dan tandatangani client key yang sama"},
	{"client-key: partner-id", "signed the partner id in the place of the client key", "sign the text of X-CLIENT-KEY", "menandatangani partner id di tempat client key", "tandatangani teks X-CLIENT-KEY"},
	{"client-key: left-empty", "left the place of the client key empty", "sign the text of X-CLIENT-KEY", "mengosongkan tempat client key", "tandatangani teks X-CLIENT-KEY"},
	{"client-key: secret", "signed the client secret in the place of the client key", "sign the text of X-CLIENT-KEY", "menandatangani client secret di tempat client key", "tandatangani teks X-CLIENT-KEY"},
	{"client-key: changed", "signed the client key in another case", "sign the text of X-CLIENT-KEY as you send it", "menandatangani client key dengan huruf besar/kecil berbeda", "tandatangani teks X-CLIENT-KEY seperti yang dikirim"},
	{"client-key: channel-id", "signed the channel id in the place of the client key", "sign the text of X-CLIENT-KEY", "menandatangani channel id di tempat client key", "tandatangani teks X-CLIENT-KEY"},

	{"timestamp: zone", "signed the time in another zone than X-TIMESTAMP has", "make the text of the time once, send it and sign it", "menandatangani waktu dengan zona yang berbeda dari X-TIMESTAMP", "buat teks waktu satu kali, lalu kirim dan tandatangani teks itu"},
	{"timestamp: milliseconds", "signed the time with or without milliseconds, otherwise than in X-TIMESTAMP", "make the text of the time once, send it and sign it", "menandatangani waktu dengan atau tanpa milidetik, berbeda dari X-TIMESTAMP", "buat teks waktu satu kali, lalu kirim dan tandatangani teks itu"},
	{"timestamp: form", "signed the time in another form than X-TIMESTAMP has", "make the text of the time once, send it and sign it", "menandatangani waktu dengan format yang berbeda dari X-TIMESTAMP", "buat teks waktu satu kali, lalu kirim dan tandatangani teks itu"},
	{"timestamp: seconds-off", "signed a time that is %s from X-TIMESTAMP", "ask the clock once, send that time and sign it", "menandatangani waktu yang berselisih %s dari X-TIMESTAMP", "baca jam satu kali, lalu kirim dan tandatangani waktu itu"},
	{"timestamp: milliseconds-off", "signed a time that is %s from X-TIMESTAMP", "ask the clock once, send that time and sign it", "menandatangani waktu yang berselisih %s dari X-TIMESTAMP", "baca jam satu kali, lalu kirim dan tandatangani waktu itu"},
	{"timestamp: left-empty", "left the place of the time empty", "sign the text of X-TIMESTAMP", "mengosongkan tempat waktu", "tandatangani teks X-TIMESTAMP"},

	{"shape: hash-left-out", "left the body hash out of the string to sign", "put the SHA-256 of the body there; an empty body has one too", "tidak menyertakan hash body dalam string to sign", "sertakan SHA-256 body; body kosong pun punya hash"},
	{"shape: separators", "joined the parts of the string to sign otherwise", "use the separators of the string to sign below", "menggabungkan bagian string to sign dengan pemisah yang berbeda", "gunakan pemisah seperti pada string to sign di bawah"},
	{"shape: order", "put the parts of the string to sign in another order", "use the order of the string to sign below", "menyusun bagian string to sign dengan urutan berbeda", "gunakan urutan seperti pada string to sign di bawah"},
	{"shape: time-left-out", "left the time out of the string to sign", "end it with the text of X-TIMESTAMP", "tidak menyertakan waktu dalam string to sign", "akhiri dengan teks X-TIMESTAMP"},
	{"shape: method-left-out", "left the method out of the string to sign", "begin it with the method", "tidak menyertakan method dalam string to sign", "awali dengan method"},
	{"shape: path-left-out", "left the path out of the string to sign", "put the path as called behind the method", "tidak menyertakan path dalam string to sign", "letakkan path yang dipanggil setelah method"},
	{"shape: client-key-added", "signed the client key too", "leave it out of the string to sign", "ikut menandatangani client key", "jangan sertakan dalam string to sign"},
	{"shape: body-alone", "signed the body alone", "sign the string to sign below", "hanya menandatangani body", "tandatangani string to sign di bawah"},
	{"shape: five-parts", "signed method:path:token:body hash:timestamp", "sign the string to sign below", "menandatangani method:path:token:hash body:timestamp", "tandatangani string to sign di bawah"},
	{"shape: four-parts", "signed method:path:body hash:timestamp", "sign the string to sign below", "menandatangani method:path:hash body:timestamp", "tandatangani string to sign di bawah"},
	{"shape: token-request", "signed client key|timestamp", "sign the string to sign below", "menandatangani client key|timestamp", "tandatangani string to sign di bawah"},

	{"string: newline-at-end", "put a line's end behind the string to sign", "sign it without (printf instead of echo)", "menambahkan baris baru di akhir string to sign", "tandatangani tanpa baris baru (printf, bukan echo)"},
	{"string: hashed-first", "hashed the string to sign before you signed it", "give the string itself to the signing function, which hashes it", "melakukan hash atas string to sign sebelum menandatangani", "berikan string itu sendiri ke fungsi penanda tangan, yang akan melakukan hash"},
	{"string: base64", "encoded the string to sign in base64 before you signed it", "sign the string itself", "meng-encode string to sign ke base64 sebelum menandatangani", "tandatangani string itu sendiri"},
	{"string: lower-case", "signed the string to sign in lower case", "only the body hash is in lower case", "menandatangani string to sign dalam huruf kecil", "hanya hash body yang huruf kecil"},
	{"string: upper-case", "signed the string to sign in upper case", "leave its letters as they are", "menandatangani string to sign dalam huruf besar", "biarkan hurufnya apa adanya"},
	{"string: quoted", "put quotes around the string to sign", "sign it without", "memberi tanda kutip pada string to sign", "tandatangani tanpa tanda kutip"},
	{"string: spaces-left-out", "removed the spaces of the string to sign", "sign it as it is", "menghapus spasi pada string to sign", "tandatangani apa adanya"},
}

var phraseOf = func() map[string]phrase {
	all := make(map[string]phrase, len(phrases))
	for _, p := range phrases {
		all[p.mistake] = p
	}
	return all
}()

// say makes a sentence and a cure of mistakes.
func say(all []Mistake) (sentence, cure Words) {
	var did, cures, dilakukan, solusi []string
	for _, m := range all {
		p := phraseOf[m.String()]
		did = append(did, strings.ReplaceAll(p.did, "%s", m.Detail))
		dilakukan = append(dilakukan, strings.ReplaceAll(p.dilakukan, "%s", m.Detail))
		cures, solusi = addOnce(cures, p.cure), addOnce(solusi, p.solusi)
	}
	return Words{"you " + listed(did, "and"), "Anda " + listed(dilakukan, "dan")},
		Words{strings.Join(cures, "; "), strings.Join(solusi, "; ")}
}

func addOnce(all []string, s string) []string {
	for _, other := range all {
		if s == other {
			return all
		}
	}
	return append(all, s)
}

// listed joins phrases: "a", "a and b", "a, b and c".
func listed(all []string, and string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " " + and + " " + all[last]
}
