#!/usr/bin/env bash
# Makes the shop's registry and cluster, and writes down what Azure then says, for canpull to read.
set -euo pipefail

az acr create --resource-group shop --name contoso --sku Standard
az aks create --resource-group shop --name prod --enable-managed-identity

registry=$(az acr show --name contoso --query id --output tsv)
az aks show --resource-group shop --name prod --output json > cluster.json
az role assignment list --scope "$registry" --include-inherited --output json > roles.json
