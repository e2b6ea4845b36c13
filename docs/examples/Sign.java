import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Signs a request to a Portico cloud (RFC 9421, Ed25519), sends it, prints the answer. Java 15 or later, standard library alone.
 *
 * <pre>
 * export KEY=backend.pem KEY_ID=d75a98...   (the private key, and its public half as `portico cloud key add` prints it)
 * java Sign.java GET 'http://127.0.0.1:8480/v1/persons?limit=1'
 * REASON='门 3' java -Dfile.encoding=UTF-8 -Dsun.jnu.encoding=UTF-8 Sign.java PUT 'http://127.0.0.1:8480/v1/zones/east' '{"names":{"zh":"East","en":"East"}}'
 * </pre>
 */
public class Sign {
    /** The headers that a request needs. Never send the same twice: the nonce is good once. */
    static Map<String, String> signedHeaders(String method, URI url, byte[] body, PrivateKey key, String keyId, String reason, String idempotencyKey)
            throws Exception {
        Map<String, String> headers = new LinkedHashMap<>();
        Map<String, String> covered = new LinkedHashMap<>();
        covered.put("@method", method);
        covered.put("@authority", url.getRawAuthority().toLowerCase());
        covered.put("@path", url.getRawPath());
        covered.put("@query", "?" + (url.getRawQuery() == null ? "" : url.getRawQuery()));
        Base64.Encoder base64 = Base64.getEncoder();
        if (body.length > 0) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
            headers.put("content-digest", "sha-256=:" + base64.encodeToString(digest) + ":");
        }
        if (!idempotencyKey.isEmpty()) headers.put("idempotency-key", idempotencyKey);
        // A blank is %20 here: the header is percent-encoded, not a form.
        if (!reason.isEmpty()) headers.put("portico-reason", URLEncoder.encode(reason, StandardCharsets.UTF_8).replace("+", "%20"));
        covered.putAll(headers);
        byte[] nonce = new byte[18];
        new SecureRandom().nextBytes(nonce);
        String names = covered.keySet().stream().map(name -> '"' + name + '"').collect(Collectors.joining(" "));
        String parameters = "(" + names + ");created=" + Instant.now().getEpochSecond() + ";keyid=\"" + keyId + "\";nonce=\""
                + base64.encodeToString(nonce) + "\";alg=\"ed25519\"";
        String base = covered.entrySet().stream().map(each -> '"' + each.getKey() + "\": " + each.getValue() + "\n").collect(Collectors.joining())
                + "\"@signature-params\": " + parameters;
        Signature ed25519 = Signature.getInstance("Ed25519");
        ed25519.initSign(key);
        ed25519.update(base.getBytes(StandardCharsets.UTF_8));
        if (body.length > 0) headers.put("content-type", "application/json");
        headers.put("signature-input", "sig=" + parameters);
        headers.put("signature", "sig=:" + base64.encodeToString(ed25519.sign()) + ":");
        return headers;
    }

    public static void main(String[] words) throws Exception {
        String pem = Files.readString(Path.of(System.getenv("KEY"))).replaceAll("-----[A-Z ]+-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        byte[] body = words.length > 2 ? words[2].getBytes(StandardCharsets.UTF_8) : new byte[0];
        URI url = URI.create(words[1]);
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .method(words[0], body.length > 0 ? HttpRequest.BodyPublishers.ofByteArray(body) : HttpRequest.BodyPublishers.noBody());
        signedHeaders(words[0], url, body, key, System.getenv("KEY_ID"), given("REASON"), given("IDEMPOTENCY_KEY")).forEach(request::header);
        HttpResponse<byte[]> answer = HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        System.out.write(answer.body());
        System.out.println();
        if (answer.statusCode() >= 300) System.exit(1); // problem details: reason, remedy, errors
    }

    static String given(String name) {
        String value = System.getenv(name);
        return value == null ? "" : value;
    }
}
