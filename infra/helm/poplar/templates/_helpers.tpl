{{- /* Labels by which pods are found: they must never change. Takes a dict of root and name. */ -}}
{{- define "poplar.selector" -}}
app.kubernetes.io/name: poplar
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "poplar.labels" -}}
{{ include "poplar.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- /* The port that a front end listens on within its pod. */ -}}
{{- define "poplar.port" -}}
{{- if eq .name "pop3" }}1110{{ else if eq .name "pop3s" }}1995{{ else if eq .name "kpop" }}1109{{ else if eq .name "lmtp" }}2424{{ else }}8110{{ end -}}
{{- end -}}

{{- /* The config file of a front end. */ -}}
{{- define "poplar.settings" -}}
{{- $values := .root.Values -}}
drain-seconds: {{ int $values.drainSeconds }}
http-port: 8110
{{- if ne .name "api" }}
{{ .name }}-port: {{ include "poplar.port" . }}
{{- end }}
tls-cert: /etc/poplar/tls/tls.crt
tls-key: /etc/poplar/tls/tls.key
{{- range $setting, $key := $values.secret.settings }}
{{ $setting }}-file: /etc/poplar/secret/{{ $key }}
{{- end }}
{{- if $values.secret.secretKeys }}
secret-keys: /etc/poplar/secret/{{ $values.secret.secretKeys }}
{{- end }}
{{- if $values.kerberos.secretName }}
kerberos-keytab: /etc/poplar/kerberos/keytab
{{- end }}
{{ toYaml (mergeOverwrite (deepCopy $values.settings) .frontEnd.settings) }}
{{- end -}}
