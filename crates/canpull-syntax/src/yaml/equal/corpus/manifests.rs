//! The manifests of one application. `$NAME`, `$TEAM`, `$IMAGE` and `$NUMBER` are filled in.

/// What a team has once.
pub(super) const SHARED: [(&str, &str); 3] = [
    (
        "namespace.yaml",
        "apiVersion: v1
kind: Namespace
metadata:
  name: $TEAM
  labels:
    pod-security.kubernetes.io/enforce: restricted
",
    ),
    (
        "acr-pull.yaml",
        "# Rotated by the platform team.
apiVersion: v1
kind: Secret
metadata:
  name: acr-pull
  namespace: $TEAM
type: kubernetes.io/dockerconfigjson
data:
  .dockerconfigjson: eyJhdXRocyI6eyJjb250b3NvLmF6dXJlY3IuaW8iOnsidXNlcm5hbWUiOiJwdWxsIiwicGFzc3dvcmQiOiJub3QtYS1wYXNzd29yZCJ9fX0=
",
    ),
    (
        "serviceaccount.yaml",
        "apiVersion: v1
kind: ServiceAccount
metadata:
  name: default
  namespace: $TEAM
imagePullSecrets:
  - name: acr-pull
",
    ),
];

/// What every application has beside its workloads.
pub(super) const PLAIN: [(&str, &str); 5] = [
    (
        "service.yaml",
        "apiVersion: v1
kind: Service
metadata:
  name: $NAME
  namespace: $TEAM
  labels:
    app.kubernetes.io/name: $NAME
    app.kubernetes.io/part-of: $TEAM
spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/name: $NAME
  ports:
    - name: http
      port: 80
      targetPort: http
      protocol: TCP
",
    ),
    (
        "serviceaccount.yaml",
        "apiVersion: v1
kind: ServiceAccount
metadata:
  name: $NAME
  namespace: $TEAM
  annotations:
    azure.workload.identity/client-id: 00000000-0000-0000-0000-00000000$NUMBER
imagePullSecrets:
  - name: acr-pull
automountServiceAccountToken: false
",
    ),
    (
        "autoscaler.yaml",
        "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: $NAME
  namespace: $TEAM
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: $NAME
  minReplicas: 2
  maxReplicas: $NUMBER
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
",
    ),
    (
        "ingress.yaml",
        "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: $NAME
  namespace: $TEAM
  annotations:
    cert-manager.io/cluster-issuer: letsencrypt
    nginx.ingress.kubernetes.io/proxy-body-size: 8m
spec:
  ingressClassName: nginx
  tls:
    - hosts: [$NAME.contoso.example]
      secretName: $NAME-tls
  rules:
    - host: $NAME.contoso.example
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: $NAME
                port:
                  name: http
",
    ),
    (
        "networkpolicy.yaml",
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: $NAME
  namespace: $TEAM
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: $NAME
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ingress-nginx
      ports:
        - port: 8080
  egress:
    - to:
        - ipBlock:
            cidr: 10.0.0.0/8 # everything inside
",
    ),
];

/// The workload that every application has.
pub(super) const DEPLOYMENT: &str = "# The team's runbook tells how to roll back.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: $NAME
  namespace: $TEAM
  labels:
    app.kubernetes.io/name: $NAME
    app.kubernetes.io/part-of: $TEAM
    app.kubernetes.io/managed-by: argocd
spec:
  replicas: 3
  revisionHistoryLimit: $NUMBER
  selector:
    matchLabels:
      app.kubernetes.io/name: $NAME
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  template:
";

/// A workload that some applications have; its template stands deeper.
pub(super) const CRON_JOB: &str = "apiVersion: batch/v1
kind: CronJob
metadata:
  name: $NAME-nightly
  namespace: $TEAM
spec:
  schedule: \"30 3 * * *\"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 2
      template:
";

/// A custom resource that some applications have.
pub(super) const ROLLOUT: &str = "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: $NAME-canary
  namespace: $TEAM
spec:
  replicas: 3
  strategy:
    canary:
      steps:
        - setWeight: 20
        - pause: {duration: 10m}
        - setWeight: 60
  template:
";

/// What stands above a pod template's containers.
pub(super) const TEMPLATE: &str = "metadata:
  labels:
    app.kubernetes.io/name: $NAME
  annotations:
    prometheus.io/scrape: \"true\"
    prometheus.io/port: \"8080\"
spec:
  serviceAccountName: $NAME
  securityContext:
    runAsNonRoot: true
    seccompProfile:
      type: RuntimeDefault
  volumes:
    - name: config
      configMap:
        name: $NAME
    - name: tmp
      emptyDir: {}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: topology.kubernetes.io/zone
      whenUnsatisfiable: ScheduleAnyway
";

/// A pod's own list of pull secrets.
pub(super) const PULL_SECRETS: &str = "  imagePullSecrets:
    - name: acr-pull
";

/// One container.
pub(super) const CONTAINER: &str = "    - name: container-$NUMBER
      # Built and pushed by the pipeline.
      image: $IMAGE
      imagePullPolicy: IfNotPresent
      args: [\"--listen=:8080\", \"--log-format=json\"]
      ports:
        - name: http
          containerPort: 8080
          protocol: TCP
      env:
        - name: LOG_LEVEL
          value: \"info\"
        - name: LIMIT
          value: \"$NUMBER\"
        - name: ENDPOINT
          value: 'https://api.contoso.example/v1'
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
      resources:
        requests:
          cpu: 100m
          memory: 128Mi
        limits:
          memory: 256Mi
      livenessProbe:
        httpGet:
          path: /healthz
          port: http
        initialDelaySeconds: 10
        periodSeconds: 15
      readinessProbe:
        httpGet:
          path: /ready
          port: http
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [\"ALL\"]
      volumeMounts:
        - name: config
          mountPath: /etc/app
          readOnly: true
        - name: tmp
          mountPath: /tmp
";

/// Settings, with a file among them.
pub(super) const CONFIG_MAP: &str = "apiVersion: v1
kind: ConfigMap
metadata:
  name: $NAME
  namespace: $TEAM
data:
  LOG_LEVEL: \"info\"
  ENDPOINT: 'https://api.contoso.example/v1'
  application.yaml: |
";

/// One part of the file among the settings.
pub(super) const SETTING: &str = "    feature-$NUMBER:
      enabled: true # see the handbook
      limit: $NUMBER
";

/// A secret that pulls nothing.
pub(super) const SECRET: &str = "apiVersion: v1
kind: Secret
metadata:
  name: $NAME
  namespace: $TEAM
type: Opaque
data:
  database: bm90LWEtc2VjcmV0LW5vdC1hLXNlY3JldC1ub3QtYS1zZWNyZXQ=
  queue: bm90LWEtc2VjcmV0LW5vdC1hLXNlY3JldC1ub3QtYS1zZWNyZXQ=
";

/// The kustomization of an application, without its resources.
pub(super) const BASE: &str = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
";

/// What production changes of it.
pub(super) const OVERLAY: [(&str, &str); 2] = [
    (
        "kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: $TEAM
resources:
  - ../../base
patches:
  - path: patch.yaml
images:
  - name: contoso.azurecr.io/$TEAM/$NAME
    newTag: 2.0.$NUMBER
",
    ),
    (
        "patch.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: $NAME
spec:
  replicas: 6 # the busiest region
",
    ),
];

/// A custom resource definition without the properties of its schema.
pub(super) const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.$TEAM.contoso.example
spec:
  group: $TEAM.contoso.example
  scope: Namespaced
  names:
    kind: Widget
    plural: widgets
    singular: widget
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
";

/// One property of a schema.
pub(super) const PROPERTY: &str = "            field$NUMBER:
              description: >-
                What the widget does with this field, told at some length for those
                who read the definition before they read the source.
              type: string
              maxLength: $NUMBER
";
