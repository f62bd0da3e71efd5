# shellcheck shell=bash disable=SC2034
# The cluster, from the operator's machine.
#
# variables: KUBE_CONTEXT, KUBE_CONFIG (may be empty), NAMESPACE; POD and CONTAINER, by place
: "${KUBE_CONTEXT:?}" "${NAMESPACE:?}"

# As people are told to type it.
readonly KUBECTL="kubectl --context $KUBE_CONTEXT --namespace $NAMESPACE"

kube() { kubectl --context "$KUBE_CONTEXT" ${KUBE_CONFIG:+--kubeconfig "$KUBE_CONFIG"} --namespace "$NAMESPACE" "$@"; }

shell_inside() { kube exec -i "${POD[$1]}" ${CONTAINER[$1]:+--container "${CONTAINER[$1]}"} -- bash -s; }
