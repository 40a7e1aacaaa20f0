/*
 * A Modbus slave that is libmodbus through and through: it answers, encodes its values and refuses addresses by that
 * library alone. `tcp PORT` listens on that port, or where it is 0 on one that the system gives, and prints it;
 * `rtu PATH BAUD UNIT` speaks on a tty.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { addresses = 60, clients_max = 8 };

static modbus_mapping_t *registers(void)
{
    modbus_mapping_t *map = modbus_mapping_new(addresses, addresses, addresses, addresses);
    uint16_t *holding = map->tab_registers;
    int64_t counter = 123456789012345LL;
    /* 21.3 is 0x41aa6666. libmodbus 3.1.6 has orders by name, but means bytes as this machine's memory holds them. */
    memcpy(holding, (uint16_t[]) {0x41aa, 0x6666, 0x6666, 0xaa41, 0xaa41, 0x6666, 0x6666, 0x41aa}, 16);
    holding[8] = (uint16_t) -5;
    holding[9] = 0x8000;
    MODBUS_SET_INT64_TO_INT16(holding, 10, counter);
    holding[14] = 0x1234;
    memcpy(holding + 15, "UPPM7-", 6); /* "PUMP-7": a register holds its high byte second in this machine's memory */
    holding[20] = 10;
    for (int address = 0; address < addresses; address += 1) {
        map->tab_input_registers[address] = 1000 + address;
    }
    map->tab_bits[3] = 1;
    map->tab_input_bits[5] = 1;
    return map;
}

static int serve_tcp(modbus_mapping_t *map, int port)
{
    modbus_t *context = modbus_new_tcp("127.0.0.1", port);
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    struct pollfd sockets[1 + clients_max];
    int count = 1;
    sockets[0].fd = modbus_tcp_listen(context, clients_max);
    sockets[0].events = POLLIN;
    getsockname(sockets[0].fd, (struct sockaddr *) &address, &length);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    while (poll(sockets, count, -1) > 0) {
        for (int index = count - 1; index > 0; index -= 1) {
            uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
            int received;
            if (sockets[index].revents == 0) {
                continue;
            }
            modbus_set_socket(context, sockets[index].fd);
            received = modbus_receive(context, query);
            if (received > 0) {
                modbus_reply(context, query, received, map);
            } else if (received < 0) {
                close(sockets[index].fd);
                sockets[index] = sockets[--count];
            }
        }
        if (sockets[0].revents != 0 && count <= clients_max) {
            sockets[count].fd = accept(sockets[0].fd, NULL, NULL);
            sockets[count].events = POLLIN;
            sockets[count].revents = 0;
            count += 1;
        }
    }
    return 1;
}

static int serve_rtu(modbus_mapping_t *map, const char *path, int baud, int unit)
{
    modbus_t *context = modbus_new_rtu(path, baud, 'N', 8, 1);
    modbus_set_slave(context, unit);
    if (modbus_connect(context) != 0) {
        fprintf(stderr, "%s: %s\n", path, modbus_strerror(errno));
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
        int received = modbus_receive(context, query);
        if (received > 0) {
            modbus_reply(context, query, received, map);
        }
    }
}

int main(int count, char **parameters)
{
    modbus_mapping_t *map = registers();
    if (count == 5 && strcmp(parameters[1], "rtu") == 0) {
        return serve_rtu(map, parameters[2], atoi(parameters[3]), atoi(parameters[4]));
    }
    return serve_tcp(map, count == 3 ? atoi(parameters[2]) : 0);
}
